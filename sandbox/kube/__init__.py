"""The sandbox's Kubernetes API: a store, and the server in front of it."""
