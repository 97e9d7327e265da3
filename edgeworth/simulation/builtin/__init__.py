"""Built-in models: what is simulated with when no author writes a model. Good enough to be worth running by themselves.

``choose`` says which one fits a context and why; ``render`` gives its ``model.py``, a file that a person can read and
the harness can run. The models stand in ``models/`` as templates; parameters are written into the source, so that a
``model.py`` says everything that went into it.
"""

from edgeworth.simulation.builtin.chooser import BuiltinChoice, choose
from edgeworth.simulation.builtin.rendering import BuiltinModel, author, render

__all__ = ["BuiltinChoice", "BuiltinModel", "author", "choose", "render"]
