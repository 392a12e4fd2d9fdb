#!/usr/bin/env python3
"""Writes the SavedModels that the tests of this folder load; run with a Python that has tensorflow (2.21).

  half_plus_two     serving_default: x FP32 [-1] -> y FP32 [-1], half of x and two; another signature, three, beside it
  no_inputs         serving_default: nothing -> y FP32 []
"""

import pathlib
import shutil

import tensorflow as tf

HERE = pathlib.Path(__file__).resolve().parent


class HalfPlusTwo(tf.Module):
    def __init__(self):
        self.a = tf.Variable(0.5)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def two(self, x):
        return {"y": self.a * x + 2.0}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def three(self, x):
        return {"y": self.a * x + 3.0}


class NoInputs(tf.Module):
    @tf.function(input_signature=[])
    def make(self):
        return {"y": tf.constant(2.5)}


def save(name, module, **signatures):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    options = tf.saved_model.SaveOptions(save_debug_info=False)
    tf.saved_model.save(module, str(folder), signatures=signatures, options=options)
    shutil.rmtree(folder / "assets")


def main():
    half = HalfPlusTwo()
    save("half_plus_two", half, serving_default=half.two, three=half.three)
    none = NoInputs()
    save("no_inputs", none, serving_default=none.make)


if __name__ == "__main__":
    main()
