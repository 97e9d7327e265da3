"""What runs on the inside: the fork server, the confinement, and the runner of one program.

Standard library and ctypes only, and no import of the rest of Edgeworth: the inside cannot read it. numpy is imported
by the fork server, so that a program need not wait for it.
"""
