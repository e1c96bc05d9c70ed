"""One module for each notebook, under its name: tables and charts that only it shows."""
