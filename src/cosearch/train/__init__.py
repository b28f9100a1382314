"""Data sets, splits and the training of one fixed network."""

from cosearch.train.augment import Augmentation
from cosearch.train.batches import Batch, BatchStream, ordered_batches
from cosearch.train.idx import read_idx
from cosearch.train.images import ImageData, find_fashion_mnist, images_from_datasets, load_images
from cosearch.train.recipe import TrainRecipe
from cosearch.train.splits import DataRecipe, ImageSplit, Normalisation, Splits, check_data, load_splits
from cosearch.train.training import EpochResult, FixedTraining, evaluate, parameter_groups, schedule
from cosearch.train.weights import load_weights, save_weights

__all__ = [
    "Augmentation",
    "Batch",
    "BatchStream",
    "DataRecipe",
    "EpochResult",
    "FixedTraining",
    "ImageData",
    "ImageSplit",
    "Normalisation",
    "Splits",
    "TrainRecipe",
    "check_data",
    "evaluate",
    "find_fashion_mnist",
    "images_from_datasets",
    "load_images",
    "load_splits",
    "load_weights",
    "ordered_batches",
    "parameter_groups",
    "read_idx",
    "save_weights",
    "schedule",
]
