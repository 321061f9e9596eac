"""The sandbox cluster's inside: the controllers of a Kubernetes control plane, and one node.

They work on the same store as the API server, on the same event loop, and follow the real algorithms
step by step, because the order in which counts and conditions change is what a rollout looks like
from outside. A pod is one OS process per container, on a loopback address of its own.

Scaled for the sandbox, and nothing else: containers that are not ready yet are probed every 0.1 to 1 s
instead of every periodSeconds, and crash and image back-offs are a tenth of the real ones. Left out,
since no line needs it: init containers, volumes, resource limits, restart policies other than Always,
exec probes.
"""
