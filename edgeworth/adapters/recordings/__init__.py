"""Recorded answers of the venues as a source: files and folders that are ingested like a live listing.

Told by content, never by file name: ``contents`` reads and checks files, ``documents`` finds the objects in JSON,
``shapes`` says what each object is, ``tables`` reads CSV layouts, ``listing`` joins them to a ``Listing``.
"""
