"""The log's formats: trees, signed notes, checkpoints, tiles, receipts, cosignatures, policies.

Whoever holds a receipt and the log's public key needs nothing else from here on, neither this
installation nor the network. Source: the C2SP specifications signed-note, tlog-checkpoint,
tlog-tiles, tlog-proof, tlog-cosignature, tlog-witness and tlog-policy; docs/log.md says what we
took from them.
"""
