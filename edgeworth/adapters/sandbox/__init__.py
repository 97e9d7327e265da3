"""Where generated programs run: a confined process of this machine (``local``), or a service.

``child`` holds what runs inside; it uses the standard library alone, because inside there is nothing else of ours.
Nothing is imported here.
"""
