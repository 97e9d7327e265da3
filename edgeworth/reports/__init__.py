"""Values in, HTML, Markdown and JSON out. Pure: no file, no database and no clock enters here.

Every text of a venue is untrusted; the templates escape it, and nothing here marks text as safe but our own style
sheet and script.
"""
