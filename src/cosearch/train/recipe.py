"""How one fixed network is trained."""

from pydantic import Field

from cosearch.records import Record


class TrainRecipe(Record):
    """Stochastic gradient descent with momentum: a float warm-up, then quantised to the end.

    Attributes:
        epochs: Passes over the training images.
        float_share: Share of all steps, from the start, in full precision; then the quantisers take their first
            steps from the next batch.
        learning_rate: The peak; it rises linearly over `warmup_share` of the steps and falls as a cosine to zero.
        weight_decay: Of convolution weights alone; steps, batch norm and biases have none.
        clip_norm: Bound on the norm of the whole gradient.
    """

    epochs: int = Field(default=8, ge=1)
    float_share: float = Field(default=0.5, ge=0, lt=1)
    batch_size: int = Field(default=64, ge=1)
    learning_rate: float = Field(default=0.2, gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    weight_decay: float = Field(default=5e-4, ge=0)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    warmup_share: float = Field(default=0.05, ge=0, lt=1)
    clip_norm: float = Field(default=5.0, gt=0)
    augment: bool = True
