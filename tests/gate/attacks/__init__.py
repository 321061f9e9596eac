"""Attacks on a genuine signed run, by kind; tests/gate/test_attacks.py carries each of them out.

- scene: the genuine run, its keys, its book of nonces, and the promoter who asks about it
- records: what lies in the run's folder; beside: what the gate itself has written there
- envelopes: the signed decision; insiders: payloads that are signed by a key that counts, and lie
- promotions: identity, time, nonces, keys, the phase before, policy and profile
- people: waivers, attestations, promotions without GO
- folders: runs that are spoilt before anybody decides
"""
