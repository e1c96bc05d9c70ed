"""For whoever keeps the catalogue and the notebooks: check, diff and refresh.

No notebook imports this, and `prepaid` does so for its command line alone.
"""
