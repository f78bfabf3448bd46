"""Studies of a pseudo-attention head on top of a bottleneck: the group `attention-head`."""
