"""The decoder: the shape of Qwen2 (RMSNorm, rotary positions, grouped-query attention, SwiGLU), small, in JAX."""

import dataclasses

import jax
import jax.numpy as jnp


@dataclasses.dataclass(frozen=True)
class Shape:
    vocabulary: int = 2048
    width: int = 128
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    feed_forward: int = 384
    context: int = 1024  # what the file says; positions are rotary, training sees up to train.py's lengths
    rope_base: float = 10000.0
    epsilon: float = 1e-6

    @property
    def head(self) -> int:
        return self.width // self.heads


def initial(shape: Shape, key) -> dict:
    """Weights as [in, out]; the output layer is the embedding, transposed."""
    kv = shape.kv_heads * shape.head
    sizes = {"q": (shape.width, shape.width), "k": (shape.width, kv), "v": (shape.width, kv), "o": (shape.width, shape.width),
             "gate": (shape.width, shape.feed_forward), "up": (shape.width, shape.feed_forward),
             "down": (shape.feed_forward, shape.width)}  # fmt: skip
    keys = iter(jax.random.split(key, 1 + shape.layers * len(sizes)))
    layers = []
    for _ in range(shape.layers):
        layer = {name: jax.random.normal(next(keys), size) * size[0] ** -0.5 for name, size in sizes.items()}
        layer["o"] *= (2 * shape.layers) ** -0.5
        layer["down"] *= (2 * shape.layers) ** -0.5
        layer |= {"q_bias": jnp.zeros(shape.width), "k_bias": jnp.zeros(kv), "v_bias": jnp.zeros(kv)}
        layer |= {"attention_norm": jnp.ones(shape.width), "feed_forward_norm": jnp.ones(shape.width)}
        layers.append(layer)
    embedding = jax.random.normal(next(keys), (shape.vocabulary, shape.width)) * 0.02
    return {"embedding": embedding, "layers": layers, "norm": jnp.ones(shape.width)}


def _norm(x, weight, epsilon):
    return x * jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + epsilon) * weight


def _rotate(x, cos, sin):
    """Rotary positions on [batch, length, heads, head]: the halves of a head are the pairs that turn."""
    first, second = jnp.split(x, 2, axis=-1)
    return jnp.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)


def logits(weights, tokens, shape: Shape):
    """tokens [batch, length] -> [batch, length, vocabulary]."""
    batch, length = tokens.shape
    frequencies = shape.rope_base ** (-jnp.arange(0, shape.head, 2) / shape.head)
    angles = (jnp.arange(length)[:, None] * frequencies)[None, :, None, :]
    cos, sin = jnp.cos(angles), jnp.sin(angles)
    mask = jnp.tril(jnp.ones((length, length), bool))
    x = weights["embedding"][tokens]
    for layer in weights["layers"]:
        h = _norm(x, layer["attention_norm"], shape.epsilon)
        q = (h @ layer["q"] + layer["q_bias"]).reshape(batch, length, shape.heads, shape.head)
        k = (h @ layer["k"] + layer["k_bias"]).reshape(batch, length, shape.kv_heads, shape.head)
        v = (h @ layer["v"] + layer["v_bias"]).reshape(batch, length, shape.kv_heads, shape.head)
        k, v = (jnp.repeat(part, shape.heads // shape.kv_heads, axis=2) for part in (_rotate(k, cos, sin), v))
        scores = jnp.einsum("blhd,bmhd->bhlm", _rotate(q, cos, sin), k) * shape.head**-0.5
        shares = jax.nn.softmax(jnp.where(mask, scores, -1e30), axis=-1)
        x += jnp.einsum("bhlm,bmhd->blhd", shares, v).reshape(batch, length, shape.width) @ layer["o"]
        h = _norm(x, layer["feed_forward_norm"], shape.epsilon)
        x += (jax.nn.silu(h @ layer["gate"]) * (h @ layer["up"])) @ layer["down"]
    return _norm(x, weights["norm"], shape.epsilon) @ weights["embedding"].T


def loss(weights, tokens, shape: Shape):
    """Mean nats a token, of predicting tokens[:, 1:]."""
    scores = jax.nn.log_softmax(logits(weights, tokens[:, :-1], shape))
    return -jnp.mean(jnp.take_along_axis(scores, tokens[:, 1:, None], axis=-1))
