"""Pictures of verdicts as SVG text that stands alone: no scripts, readable on light and dark, with words beside."""
