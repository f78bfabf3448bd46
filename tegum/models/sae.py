"""A sparse autoencoder: hidden vectors written as few of many directions.

    u = W_enc (h - b_dec) + b_enc       one number per latent
    z = act(u)                          relu, topk or jumprelu: mostly zeros
    h' = D z + b_dec                    D: the columns of W_dec at unit length

Column k of D is latent k's direction, as column i of a bottleneck's W is feature i's. Its length is fixed because z_k
and D_k are only defined together: without it a penalty on z would be met by small latents with long columns. It is
fixed inside `decode`, so the gradient that reaches W_dec has no part along a column, whatever the optimiser does.
Written for ONE model and ONE input; lift with `jax.vmap`, the batch LAST.
"""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Key

from tegum.arrays import Array, namespace
from tegum.errors import bad_input, unknown_name
from tegum.models.refusals import (
    check_arrays,
    check_fits,
    check_key,
    check_one,
    check_one_model,
    check_size,
    shape_of,
)

KINDS = ("relu", "topk", "jumprelu")
THRESHOLD = 0.01  # of a fresh jumprelu, and
BANDWIDTH = 0.05  # of its pseudo-gradient: as in SAELens


def kind_name(kind: str) -> str:
    """`kind` itself, or an error that suggests the nearest known kind."""
    if kind not in KINDS:
        raise unknown_name("kind", kind, KINDS)
    return kind


class SparseAutoencoder(eqx.Module):
    """A dictionary with the encoder that reads it.

    Attributes:
        w_enc, b_enc: the encoder.
        w_dec: the decoder; only the directions of its columns count.
        b_dec: what is decoded from z = 0.
        log_threshold: log of theta, for "jumprelu"; else None.
        kind: "relu", z = max(u, 0); "topk", the k largest of max(u, 0) (equal ones count as one), else 0;
            "jumprelu", z = u where u > theta, else 0, theta trained by a straight-through pseudo-gradient.
        k: for "topk"; else None.
        centred: whether b_dec is subtracted before encoding (SAELens: `apply_b_dec_to_input`).
        bandwidth: width of the rectangle kernel of the pseudo-gradient, in units of u.

    Raises:
        BadInputError: parameters that are no arrays, whose shapes do not agree or that the kind has not; an unknown
            kind; a batch given for one input.
    Source:
        Bricken et al. 2023, "Towards Monosemanticity" (relu); Gao et al. 2024, "Scaling and evaluating sparse
        autoencoders" (topk); Rajamanoharan et al. 2024, "Jumping Ahead" (jumprelu).
    """

    w_enc: Float[Array, "*models latents hidden"]
    b_enc: Float[Array, "*models latents"]
    w_dec: Float[Array, "*models hidden latents"]
    b_dec: Float[Array, "*models hidden"]
    log_threshold: Float[Array, "*models latents"] | None = None
    kind: str = eqx.field(static=True, default="relu", converter=kind_name)
    k: int | None = eqx.field(static=True, default=None)
    centred: bool = eqx.field(static=True, default=True)
    bandwidth: float = eqx.field(static=True, default=BANDWIDTH)

    def __check_init__(self) -> None:
        check_arrays(
            "SparseAutoencoder.init(n_hidden=5, n_latents=20, key=jax.random.key(0))",
            w_enc=self.w_enc,
            b_enc=self.b_enc,
            w_dec=self.w_dec,
            b_dec=self.b_dec,
            log_threshold=self.log_threshold,
        )
        if not self.bandwidth > 0:
            raise bad_input("bandwidth", self.bandwidth, "a width above 0")
        shape = shape_of(self.w_enc)
        if shape is None:
            return
        if len(shape) < 2:
            raise bad_input(
                "w_enc", shape, "a shape of latents x hidden, or of models before these"
            )
        models, (latents, hidden) = shape[:-2], shape[-2:]
        _check_kind(self.kind, self.k, latents)
        if (self.log_threshold is not None) != (self.kind == "jumprelu"):
            came = None if self.log_threshold is None else shape_of(self.log_threshold)
            raise bad_input("log_threshold", came, "thresholds with 'jumprelu', and only there")
        transposed = shape_of(self.w_dec) == shape and latents != hidden
        way_out = "w_dec is hidden x latents: transpose it, w_dec.T" if transposed else ""
        check_fits(
            "w_dec", self.w_dec, (*models, hidden, latents), "hidden x latents, as w_enc", way_out
        )
        check_fits("b_enc", self.b_enc, (*models, latents), "one bias per row of w_enc")
        check_fits("b_dec", self.b_dec, (*models, hidden), "one bias per hidden dimension")
        check_fits("log_threshold", self.log_threshold, (*models, latents), "one per latent")

    @classmethod
    def init(
        cls,
        n_hidden: int,
        n_latents: int,
        key: Key[Array, ""],
        *,
        kind: str = "relu",
        k: int | None = None,
        centred: bool = True,
        bandwidth: float = BANDWIDTH,
    ) -> "SparseAutoencoder":
        """A fresh one: decoder of random unit columns, encoder its transpose, biases zero.

        Args:
            n_hidden: m, at least 1.
            n_latents: at least 1.
            key: a jax random key.
            kind, k, centred, bandwidth: as the class has them; k from 1 to n_latents.
        """
        for name, size in (("n_hidden", n_hidden), ("n_latents", n_latents)):
            check_size(name, size)
        check_key(key)
        _check_kind(kind_name(kind), k, n_latents)
        drawn = jax.random.normal(key, (n_hidden, n_latents))
        w_dec = drawn / jnp.linalg.norm(drawn, axis=0, keepdims=True)
        return cls(
            w_enc=w_dec.T,
            b_enc=jnp.zeros(n_latents),
            w_dec=w_dec,
            b_dec=jnp.zeros(n_hidden),
            log_threshold=jnp.full(n_latents, np.log(THRESHOLD)) if kind == "jumprelu" else None,
            kind=kind,
            k=k,
            centred=centred,
            bandwidth=bandwidth,
        )

    @property
    def directions(self) -> Float[Array, "*models hidden latents"]:
        """D: the decoder's columns at unit length; a column of zeros stays one."""
        xp = namespace(self.w_dec)
        square = xp.sum(self.w_dec * self.w_dec, axis=-2, keepdims=True)
        tiny = xp.asarray(np.finfo(np.float32).tiny, dtype=square.dtype)
        return self.w_dec / xp.sqrt(xp.maximum(square, tiny))

    @property
    def threshold(self) -> Float[Array, "*models latents"]:
        """Theta, above which a latent of "jumprelu" is active; 0 for the other kinds."""
        if self.log_threshold is None:
            return 0.0 * self.b_enc
        return namespace(self.log_threshold).exp(self.log_threshold)

    def canonical(self) -> "SparseAutoencoder":
        """The same function, its decoder's columns at unit length: what is to be stored, shown or compared."""
        return eqx.tree_at(lambda sae: sae.w_dec, self, self.directions)

    def preactivation(self, h: Float[Array, " hidden"]) -> Float[Array, " latents"]:
        """u, what each latent sees of one hidden vector."""
        check_one_model("sae", self.w_enc, "h")
        check_one("h", h, self.w_enc.shape[-1], "jax.vmap(sae, in_axes=-1, out_axes=-1)({})")
        return self.w_enc @ (h - self.b_dec if self.centred else h) + self.b_enc

    def activate(self, u: Float[Array, "latents *batch"]) -> Float[Array, "latents *batch"]:
        """The latents z of u, for one vector or for a batch."""
        if self.kind == "jumprelu":
            return jump(u, self._thresholds(u), self.bandwidth)
        z = jax.nn.relu(u)
        return z if self.k is None else jnp.where(z >= _kth_largest(z, self.k), z, 0.0)

    def active(self, u: Float[Array, "latents *batch"]) -> Float[Array, "latents *batch"]:
        """1 where a latent is active, else 0: its sum is L0. A gradient it has for "jumprelu" only, towards theta."""
        if self.kind == "jumprelu":
            return above(u, self._thresholds(u), self.bandwidth)
        return jax.lax.stop_gradient((self.activate(u) > 0).astype(u.dtype))

    def _thresholds(self, u: Float[Array, "latents *batch"]) -> Float[Array, "latents *ones"]:
        return self.threshold.reshape(-1, *(1,) * (u.ndim - 1))

    def encode(self, h: Float[Array, " hidden"]) -> Float[Array, " latents"]:
        """The latents z of one hidden vector."""
        return self.activate(self.preactivation(h))

    def decode(self, z: Float[Array, " latents"]) -> Float[Array, " hidden"]:
        """The reconstruction h' from one vector of latents."""
        check_one_model("sae", self.w_enc, "h")
        check_one("z", z, self.w_enc.shape[-2], "jax.vmap(sae.decode, in_axes=-1, out_axes=-1)({})")
        return self.directions @ z + self.b_dec

    def __call__(self, h: Float[Array, " hidden"]) -> Float[Array, " hidden"]:
        return self.decode(self.encode(h))


def near(u: Array, theta: Array, bandwidth: float) -> Bool[Array, "latents *batch"]:
    """Where the rectangle kernel around theta is not 0."""
    return jnp.abs(u - theta) < bandwidth / 2


@partial(jax.custom_jvp, nondiff_argnums=(2,))
def jump(
    u: Float[Array, "latents *batch"], theta: Float[Array, "latents *ones"], bandwidth: float
) -> Float[Array, "latents *batch"]:
    """U where u > theta, else 0; its pseudo-derivative by theta is -(theta / bandwidth) 1(|u - theta| < bandwidth / 2).

    Source:
        Rajamanoharan et al. 2024, "Jumping Ahead", equation 11.
    """
    return jnp.where(u > theta, u, 0.0)


@jump.defjvp
def _(bandwidth: float, primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple:
    (u, theta), (du, dtheta) = primals, tangents
    slope = jnp.where(near(u, theta, bandwidth), theta / bandwidth, 0.0)
    change = jnp.where(u > theta, du, 0.0) - slope * dtheta
    return jump(u, theta, bandwidth), change


@partial(jax.custom_jvp, nondiff_argnums=(2,))
def above(
    u: Float[Array, "latents *batch"], theta: Float[Array, "latents *ones"], bandwidth: float
) -> Float[Array, "latents *batch"]:
    """1 where u > theta, else 0; its pseudo-derivative by theta is -(1 / bandwidth) 1(|u - theta| < bandwidth / 2).

    Source:
        Rajamanoharan et al. 2024, "Jumping Ahead", equation 12.
    """
    return (u > theta).astype(u.dtype)


@above.defjvp
def _(bandwidth: float, primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple:
    (u, theta), (_, dtheta) = primals, tangents
    slope = jnp.where(near(u, theta, bandwidth), 1 / bandwidth, 0.0)
    return above(u, theta, bandwidth), -slope * dtheta


def _kth_largest(z: Float[Array, "latents *batch"], k: int) -> Float[Array, "1 *batch"]:
    """Along the first axis, of values at least 0; equal ones count once, and -1 stands where there are fewer.

    By k passes: on a CPU, `jax.lax.top_k` takes a hundred times as long as one.
    """
    z = jax.lax.stop_gradient(z)
    return jax.lax.fori_loop(
        1,
        k,
        lambda _, last: jnp.max(jnp.where(z < last, z, -1.0), axis=0, keepdims=True),
        jnp.max(z, axis=0, keepdims=True),
    )


def _check_kind(kind: str, k: int | None, latents: int) -> None:
    """Refuse a k without "topk", and "topk" without a k that it can keep."""
    if kind != "topk":
        if k is not None:
            raise bad_input("k", k, f"none with {kind!r}", "kind='topk' has one")
        return
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= latents:
        raise bad_input("k", k, f"a whole number from 1 to n_latents = {latents}")
