"""`penstock graph`: the graph of a workflow or a run, as a tree, for Mermaid and for Graphviz."""
