"""Reports: finished runs as one self-contained HTML page."""
