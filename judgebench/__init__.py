"""judgebench: how far does an LLM judge agree with gold labels, and how sure are we.

The package is layered (see ``docs/architecture.md``): ``domain`` holds the nouns, the asking wing
(``tasks``, ``judges``, ``probes``, ``run``) and the measuring wing (``agreement``, ``report``) meet
only at ``store`` and ``domain``. Importing it creates, reads and configures nothing.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
