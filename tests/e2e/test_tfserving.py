"""TensorFlow Serving's gRPC services of `parlance serve`, by the stubs of tensorflow-serving-api."""

import grpc
import numpy
import pytest

from support.digits import PIXELS, held_out
from support.failures import error_info, failure_of
from support.repositories import add_synthetic, serve

FLOAT, DOUBLE, INT32, STRING = 1, 2, 3, 7
# By our name: TensorFlow's number, numpy's type, and the field of the values.
TYPES = {
    "FP32": (1, numpy.float32, "float_val"), "FP64": (2, numpy.float64, "double_val"),
    "INT32": (3, numpy.int32, "int_val"), "UINT8": (4, numpy.uint8, "int_val"), "INT16": (5, numpy.int16, "int_val"),
    "INT8": (6, numpy.int8, "int_val"), "INT64": (9, numpy.int64, "int64_val"), "BOOL": (10, numpy.bool_, "bool_val"),
    "UINT16": (17, numpy.uint16, "int_val"), "FP16": (19, numpy.float16, "half_val"),
    "UINT32": (22, numpy.uint32, "uint32_val"), "UINT64": (23, numpy.uint64, "uint64_val"),
}
NUMBERS = {number: (numpy_type, field) for number, numpy_type, field in TYPES.values()}
LABELLED = """\
backend: synthetic
inputs: [{name: x, type: FP32, shape: [-1, 4]}]
outputs: [{name: y, type: FP32, shape: [-1, 4]}]
versions: {policy: all, labels: {stable: 1, canary: 2, old: 9}}
"""
FEATURES = """\
backend: synthetic
inputs: [{name: age, type: INT64, shape: [-1]}, {name: weight, type: FP32, shape: [-1, 1]}]
outputs: [{name: age_out, type: INT64, shape: [-1]}, {name: outputs, type: FP32, shape: [-1, 1]}]
"""


class Client:
    """Requests and answers as arrays."""

    def __init__(self, api, channel):
        self.api = api
        self.stub = api.prediction_service.PredictionServiceStub(channel)
        self.models = api.model_service.ModelServiceStub(channel)

    def spec(self, model, *, version=None, label=None, signature=""):
        spec = self.api.model.ModelSpec(name=model, signature_name=signature)
        if version is not None:
            spec.version.value = version
        if label is not None:
            spec.version_label = label
        return spec

    def tensor(self, dtype: int, shape, **values):
        tensor = self.api.tensor.TensorProto(dtype=dtype, **values)
        for size in shape:
            tensor.tensor_shape.dim.add(size=size)
        return tensor

    def of(self, values: numpy.ndarray, *, content: bool):
        """As tf.make_tensor_proto() makes it, or value by value."""
        dtype, field = next((number, field) for number, numpy_type, field in TYPES.values() if numpy_type == values.dtype.type)
        if content:
            return self.tensor(dtype, values.shape, tensor_content=values.tobytes())
        flat = values.view(numpy.uint16) if field == "half_val" else values
        return self.tensor(dtype, values.shape, **{field: flat.flatten().tolist()})

    def request(self, model, inputs, *, outputs=(), **spec):
        return self.api.predict.PredictRequest(
            model_spec=self.spec(model, **spec), inputs=inputs, output_filter=outputs)

    def predict(self, model, inputs, **options):
        return self.stub.Predict(self.request(model, inputs, **options), timeout=60)

    def example(self, **features):
        example = self.api.example.Example()
        for name, values in features.items():
            feature = example.features.feature[name]
            kind = {int: feature.int64_list, float: feature.float_list, bytes: feature.bytes_list}[type(values[0])]
            kind.value.extend(values)
        return example


def array(tensor) -> numpy.ndarray:
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    if tensor.dtype == STRING:
        return numpy.array(list(tensor.string_val), object).reshape(shape)
    numpy_type, field = NUMBERS[tensor.dtype]
    assert not tensor.tensor_content, "TensorFlow Serving answers in the field of the type"
    values = numpy.array(getattr(tensor, field), numpy.uint16 if field == "half_val" else numpy_type)
    return values.view(numpy_type).reshape(shape)


@pytest.fixture
def tf(tensorflow_serving, model_channel) -> Client:
    return Client(tensorflow_serving, model_channel)


@pytest.fixture(scope="module")
def copying(tensorflow_serving, tmp_path_factory):
    """A server of models that answer with their input."""
    repository = tmp_path_factory.mktemp("copying")
    for datatype in TYPES:
        add_synthetic(repository, f"copy_{datatype.lower()}", datatype=datatype)
    for version in "12":
        (repository / "labelled" / version).mkdir(parents=True)
    (repository / "labelled" / "model.yaml").write_text(LABELLED)
    (repository / "people" / "1").mkdir(parents=True)
    (repository / "people" / "model.yaml").write_text(FEATURES)
    (repository / "broken" / "1").mkdir(parents=True)
    add_synthetic(repository, "slow", base_ms=500)
    with serve("--require", "slow", repository=repository) as server, grpc.insecure_channel(server.address) as channel:
        yield Client(tensorflow_serving, channel)


def digit(client, pixels=PIXELS, content=True):
    return {"features": client.of(numpy.array([pixels], numpy.float32), content=content)}


# --- Predict


@pytest.mark.parametrize("content", [True, False])
def test_predict_answers_as_our_own_dialect_does(tf, inference, stubs, content):
    for _, pixels in held_out()[:20]:
        response = tf.predict("digits", digit(tf, pixels, content))
        spec = response.model_spec
        assert (spec.name, spec.version.value, spec.signature_name) == ("digits", 1, "serving_default")
        ours = inference.Predict(stubs.inference.PredictRequest(model_name="digits", features=pixels)).predictions
        numpy.testing.assert_array_equal(array(response.outputs["probabilities"]), [numpy.array(ours, numpy.float32)])


@pytest.mark.parametrize("datatype", TYPES)
@pytest.mark.parametrize("content", [True, False])
def test_every_type_comes_back_as_it_was(copying, datatype, content):
    dtype, numpy_type, _ = TYPES[datatype]
    values = numpy.array([[0, 1, 1, 0], [1, 0, 0, 1]]).astype(numpy_type) if datatype == "BOOL" else \
        numpy.array([[0, 1, 2, 3], [100, 5, 6, 7]]).astype(numpy_type)
    response = copying.predict(f"copy_{datatype.lower()}", {"x": copying.of(values, content=content)})
    assert response.outputs["y"].dtype == dtype
    numpy.testing.assert_array_equal(array(response.outputs["y"]), values)


def test_one_value_fills_the_shape_and_the_last_goes_on(copying):
    response = copying.predict("copy_fp32", {"x": copying.tensor(FLOAT, [2, 4], float_val=[1, 2])})
    numpy.testing.assert_array_equal(array(response.outputs["y"]), [[1, 2, 2, 2], [2, 2, 2, 2]])
    response = copying.predict("copy_int32", {"x": copying.tensor(INT32, [1, 4], int_val=[7])})
    numpy.testing.assert_array_equal(array(response.outputs["y"]), [[7, 7, 7, 7]])


def test_contents_go_before_values(copying):
    tensor = copying.of(numpy.array([[1, 2, 3, 4]], numpy.float32), content=True)
    tensor.float_val.extend([9, 9])
    numpy.testing.assert_array_equal(array(copying.predict("copy_fp32", {"x": tensor}).outputs["y"]), [[1, 2, 3, 4]])


def test_output_filter_chooses(copying):
    inputs = {"age": copying.of(numpy.array([41]), content=True),
              "weight": copying.of(numpy.array([[70.5]], numpy.float32), content=True)}
    assert set(copying.predict("people", inputs).outputs) == {"age_out", "outputs"}
    assert set(copying.predict("people", inputs, outputs=["outputs"]).outputs) == {"outputs"}


@pytest.mark.parametrize("choice, version", [
    ({}, 2), ({"version": 1}, 1), ({"label": "stable"}, 1), ({"label": "canary"}, 2)])
def test_version_or_label_chooses_and_the_answer_says_which_it_was(copying, choice, version):
    inputs = {"x": copying.tensor(FLOAT, [1, 4], float_val=[1])}
    assert copying.predict("labelled", inputs, **choice).model_spec.version.value == version


def test_a_model_of_text_takes_and_gives_strings(tf):
    prompts = [b"It was a fine morning, and", b"Emma was"]
    response = tf.predict("storyteller", {"text_input": tf.tensor(STRING, [2], string_val=prompts)})
    texts = array(response.outputs["text_output"])
    assert texts.shape == (2,)
    alone = tf.predict("storyteller", {"text_input": tf.tensor(STRING, [], string_val=prompts[1:])})
    assert array(alone.outputs["text_output"]).item() == texts[1]
    assert all(len(text) > 20 for text in texts)


def test_a_model_of_embeddings_takes_strings_or_its_own_tensors(tf, inference, stubs):
    texts = [b"a sentence", b"another one"]
    response = tf.predict("minilm", {"text": tf.tensor(STRING, [2], string_val=texts)})
    (embeddings,) = [array(output) for output in response.outputs.values()]
    assert embeddings.shape == (2, 384)
    ours = inference.Embed(stubs.inference.EmbedRequest(model_name="minilm", text="a sentence")).embedding
    numpy.testing.assert_allclose(embeddings[0], ours, atol=1e-5)
    ids = {name: tf.of(numpy.array([[101, 102]]), content=True) for name in ("input_ids", "attention_mask", "token_type_ids")}
    known = tf.stub.GetModelMetadata(tf.api.metadata.GetModelMetadataRequest(
        model_spec=tf.spec("minilm"), metadata_field=["signature_def"]))
    defs = tf.api.metadata.SignatureDefMap()
    known.metadata["signature_def"].Unpack(defs)
    own = defs.signature_def["tensors"].inputs
    response = tf.predict("minilm", {name: ids[name] for name in own}, signature="tensors")
    assert response.model_spec.signature_name == "tensors"


@pytest.mark.parametrize("change, code, text", [
    (lambda r: r.ClearField("model_spec"), "INVALID_ARGUMENT", "Missing ModelSpec"),
    (lambda r: r.model_spec.ClearField("name"), "INVALID_ARGUMENT", "ModelSpec has no name specified."),
    (lambda r: setattr(r.model_spec, "name", "x"), "NOT_FOUND", "Servable not found for request: Latest(x)"),
    (lambda r: setattr(r.model_spec.version, "value", 3), "NOT_FOUND", "Servable not found for request: Specific(labelled, 3)"),
    (lambda r: setattr(r.model_spec.version, "value", 0), "NOT_FOUND", "Servable not found for request: Specific(labelled, 0)"),
    (lambda r: setattr(r.model_spec, "version_label", "new"), "INVALID_ARGUMENT", "Unrecognized servable version label: new"),
    (lambda r: setattr(r.model_spec, "version_label", "old"), "NOT_FOUND", "Servable not found for request: Specific(labelled, 9)"),
    (lambda r: setattr(r.model_spec, "signature_name", "s"), "FAILED_PRECONDITION", 'Serving signature key "s" not found.'),
    (lambda r: r.inputs.clear(), "INVALID_ARGUMENT",
     "input size does not match signature: 0!=1 len({}) != len({x}). Sent extra: {}. Missing but required: {x}."),
    (lambda r: r.inputs["z"].CopyFrom(r.inputs["x"]), "INVALID_ARGUMENT",
     "input size does not match signature: 2!=1 len({x,z}) != len({x}). Sent extra: {z}. Missing but required: {}."),
    (lambda r: setattr(r.inputs["x"], "dtype", 0), "INVALID_ARGUMENT", "tensor parsing error: x: it has no dtype"),
    (lambda r: setattr(r.inputs["x"], "dtype", DOUBLE), "INVALID_ARGUMENT",
     'Expects arg[0] to be float but double is provided (input "x")'),
    (lambda r: setattr(r.inputs["x"], "tensor_content", b"123"), "INVALID_ARGUMENT",
     "tensor parsing error: x: tensor_content has 3 bytes, the shape [1, 4] does not"),
    (lambda r: setattr(r.inputs["x"].tensor_shape.dim[1], "size", 3), "INVALID_ARGUMENT",
     'Input "x" must have the shape [-1, 4], got [1, 3]'),
    (lambda r: setattr(r.inputs["x"].tensor_shape.dim[0], "size", 1 << 40), "RESOURCE_EXHAUSTED",
     'Input "x" is larger than 67108864 bytes with its last value repeated; send all of its values'),
    (lambda r: r.output_filter.append("z"), "INVALID_ARGUMENT",
     "output tensor alias not found in signature: z Outputs expected to be in the set {y}."),
    (lambda r: r.output_filter.extend(["y", "y"]), "INVALID_ARGUMENT", "duplicate output tensor alias: y"),
])
def test_what_is_not_right_is_told_as_tensorflow_serving_tells_it(copying, change, code, text):
    request = copying.request("labelled", {"x": copying.tensor(FLOAT, [1, 4], float_val=[1])})
    change(request)
    failure = failure_of(copying.stub.Predict, request)
    assert (failure.code().name, failure.details()) == (code, text)


def test_another_input_is_named_with_those_there_are(copying):
    request = copying.request("labelled", {"z": copying.tensor(FLOAT, [1, 4], float_val=[1])})
    assert failure_of(copying.stub.Predict, request).details() == \
        "input tensor alias not found in signature: z. Inputs expected to be in the set {x}."


def test_long_messages_are_cut(copying):
    failure = failure_of(copying.stub.Predict, copying.request("x" * 3000, {}))
    assert len(failure.details()) == 1024 + len("...TRUNCATED")
    assert failure.details().endswith("xxx...TRUNCATED")


def test_the_deadline_of_a_call_holds(copying):
    request = copying.request("slow", {"x": copying.tensor(FLOAT, [1, 4], float_val=[1])})
    assert failure_of(copying.stub.Predict, request, timeout=0.1).code() in \
        (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED)


# --- GetModelMetadata


def signatures(client, model):
    request = client.api.metadata.GetModelMetadataRequest(model_spec=client.spec(model), metadata_field=["signature_def"])
    response = client.stub.GetModelMetadata(request)
    assert response.model_spec.version.value > 0
    found = client.api.metadata.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(found)
    return found.signature_def


def test_metadata_are_the_signatures(tf):
    found = signatures(tf, "digits")
    assert set(found) == {"serving_default", "classification"}
    default = found["serving_default"]
    assert default.method_name == "tensorflow/serving/predict"
    features, probabilities = default.inputs["features"], default.outputs["probabilities"]
    assert (features.name, features.dtype, [dim.size for dim in features.tensor_shape.dim]) == ("features:0", FLOAT, [-1, 64])
    assert [dim.size for dim in probabilities.tensor_shape.dim] == [-1, 10]
    assert found["classification"].method_name == "tensorflow/serving/classify"
    assert set(signatures(tf, "storyteller")) == {"serving_default"}
    assert set(signatures(tf, "minilm")) == {"serving_default", "tensors"}


@pytest.mark.parametrize("fields, text", [
    ([], "GetModelMetadataRequest must specify at least one metadata_field"),
    (["signature_def", "more"], "Metadata field more is not supported")])
def test_other_metadata_are_refused(tf, fields, text):
    request = tf.api.metadata.GetModelMetadataRequest(model_spec=tf.spec("digits"), metadata_field=fields)
    assert failure_of(tf.stub.GetModelMetadata, request).details() == text


# --- Classify, Regress, MultiInference


def classify(client, model, *examples, **spec):
    request = client.api.classification.ClassificationRequest(model_spec=client.spec(model, **spec))
    request.input.example_list.examples.extend(examples)
    return client.stub.Classify(request)


def regress(client, model, *examples, **spec):
    request = client.api.regression.RegressionRequest(model_spec=client.spec(model, **spec))
    request.input.example_list.examples.extend(examples)
    return client.stub.Regress(request)


@pytest.mark.parametrize("signature", ["", "serving_default", "classification"])
@pytest.mark.parametrize("feature", ["features", "any"])
def test_classify_gives_every_class_in_the_models_order(tf, signature, feature):
    held = held_out()[:3]
    response = classify(tf, "digits", *[tf.example(**{feature: pixels}) for _, pixels in held], signature=signature)
    assert response.model_spec.version.value == 1
    assert response.model_spec.signature_name == (signature or "serving_default")
    for (digit_is, pixels), row in zip(held, response.result.classifications, strict=True):
        assert [each.label for each in row.classes] == [str(label) for label in range(10)]
        scores = [each.score for each in row.classes]
        assert scores.index(max(scores)) == digit_is
        numpy.testing.assert_array_equal(
            numpy.array([scores], numpy.float32), array(tf.predict("digits", digit(tf, pixels)).outputs["probabilities"]))


def test_regress_gives_a_number_a_row(copying):
    people = [copying.example(age=[41], weight=[70.5]), copying.example(age=[7], weight=[20])]
    response = regress(copying, "people", *people)
    assert [row.value for row in response.result.regressions] == [70.5, 20]


def serialized(client, *examples):
    """As tensors, which models exported by estimators were asked with."""
    return {"inputs": client.tensor(STRING, [len(examples)], string_val=[each.SerializeToString() for each in examples])}


def test_predict_takes_serialized_examples_under_the_signatures_of_examples(tf, copying):
    held = [tf.example(features=pixels) for _, pixels in held_out()[:3]]
    response = tf.predict("digits", serialized(tf, *held), signature="classification")
    assert response.model_spec.signature_name == "classification"
    rows = classify(tf, "digits", *held).result.classifications
    numpy.testing.assert_array_equal(array(response.outputs["scores"]), [[each.score for each in row.classes] for row in rows])
    assert array(response.outputs["classes"]).tolist() == [[str(label).encode() for label in range(10)]] * 3
    people = [copying.example(age=[41], weight=[70.5]), copying.example(age=[7], weight=[20])]
    response = copying.predict("people", serialized(copying, *people), signature="regression", outputs=["outputs"])
    numpy.testing.assert_array_equal(array(response.outputs["outputs"]), [70.5, 20])
    unlabelled = copying.predict("copy_fp32", serialized(copying, copying.example(x=[1.0] * 4)), signature="classification")
    assert array(unlabelled.outputs["classes"]).tolist() == [[b""] * 4]


@pytest.mark.parametrize("inputs, code, text", [
    ([b"\xff"], "INVALID_ARGUMENT", "Could not parse example input, index: 0"),
    ([b"", b"\x0a"], "INVALID_ARGUMENT", "Could not parse example input, index: 1"),
    ([b""], "INVALID_ARGUMENT", "Name: <unknown>, Feature: age (data type: int64) is required but could not be found."),
    ([], "INVALID_ARGUMENT", "Input is empty."),
])
def test_serialized_examples_that_are_not_right_are_refused(copying, inputs, code, text):
    request = copying.request("people", {"inputs": copying.tensor(STRING, [len(inputs)], string_val=inputs)}, signature="regression")
    failure = failure_of(copying.stub.Predict, request)
    assert (failure.code().name, failure.details()) == (code, text)


@pytest.mark.parametrize("model, name, signature, limit, what", [
    ("digits", "inputs", "classification", 65536, "Examples"), ("storyteller", "text_input", "", 256, "texts"),
    ("minilm", "text", "", 256, "texts")])
def test_strings_that_are_said_once_for_many_are_bounded(tf, model, name, signature, limit, what):
    request = tf.request(model, {name: tf.tensor(STRING, [1_000_000], string_val=[b"x"])}, signature=signature)
    failure = failure_of(tf.stub.Predict, request)
    assert (failure.code().name, failure.details()) == \
        ("RESOURCE_EXHAUSTED", f"the request has 1000000 {what}, more than the {limit} that are taken at once")
    assert error_info(failure).reason == "BATCH_TOO_LARGE"


def test_examples_that_are_said_once_for_many_are_bounded(tf):
    request = tf.request("digits", {"inputs": tf.tensor(STRING, [20_000], string_val=[b"x" * 100])}, signature="classification")
    failure = failure_of(tf.stub.Predict, request)
    assert (failure.code().name, failure.details()) == (
        "RESOURCE_EXHAUSTED", 'Input "inputs" is larger than 1048576 bytes with its last value repeated; send all of its values')
    assert error_info(failure).reason == "TENSOR_TOO_LARGE"


def test_a_model_that_does_not_fit_has_no_signature_of_examples(copying):
    request = copying.request("copy_int32", {}, signature="classification")
    failure = failure_of(copying.stub.Predict, request)
    assert (failure.code().name, failure.details()) == \
        ("FAILED_PRECONDITION", 'Serving signature key "classification" not found.')


def test_a_context_is_every_examples(copying):
    request = copying.api.regression.RegressionRequest(model_spec=copying.spec("people"))
    inputs = request.input.example_list_with_context
    inputs.context.CopyFrom(copying.example(age=[1], weight=[5.0]))
    inputs.examples.extend([copying.example(weight=[6.0]), copying.example(age=[2])])
    assert [row.value for row in copying.stub.Regress(request).result.regressions] == [6, 5]


def test_multi_inference_runs_once_for_all_tasks(copying):
    request = copying.api.inference.MultiInferenceRequest()
    request.tasks.add(model_spec=copying.spec("people", signature="regression"), method_name="tensorflow/serving/regress")
    request.input.example_list.examples.extend([copying.example(age=[1], weight=[2.5])])
    (result,) = copying.stub.MultiInference(request).results
    assert (result.model_spec.name, result.model_spec.version.value) == ("people", 1)
    assert [row.value for row in result.regression_result.regressions] == [2.5]


@pytest.mark.parametrize("change, text", [
    (lambda r: r.tasks.add(method_name="tensorflow/serving/regress"), "Found ModelSpec with an empty model name."),
    (lambda r: r.tasks.add(model_spec={"name": "slow"}, method_name="tensorflow/serving/regress"),
     "All ModelSpecs in a MultiInferenceRequest must access the same model name."),
    (lambda r: r.tasks.append(r.tasks[0]), "Duplicate evaluation of signature: regression"),
    (lambda r: setattr(r.tasks[0].model_spec, "signature_name", "s"), "Requested signature not found in model graph: s"),
    (lambda r: setattr(r.tasks[0], "method_name", "tensorflow/serving/predict"),
     "Unsupported signature method_name: tensorflow/serving/predict"),
    (lambda r: r.ClearField("input"), "Input is empty."),
])
def test_tasks_that_are_not_right_are_refused(copying, change, text):
    request = copying.api.inference.MultiInferenceRequest()
    request.tasks.add(model_spec=copying.spec("people", signature="regression"), method_name="tensorflow/serving/regress")
    request.input.example_list.examples.extend([copying.example(age=[1], weight=[2.5])])
    change(request)
    assert failure_of(copying.stub.MultiInference, request).details() == text


@pytest.mark.parametrize("features, text", [
    ({"age": [1]}, "Name: <unknown>, Feature: weight (data type: float) is required but could not be found."),
    ({"age": [1], "weight": [b"x"]},
     "Name: <unknown>, Key: weight, Index: 0.  Data types don't match. Data type: string but expected type: float"),
    ({"age": [1.0], "weight": [1.0]},
     "Name: <unknown>, Key: age, Index: 0.  Data types don't match. Data type: float but expected type: int64"),
    ({"age": [1], "weight": [1.0, 2.0]},
     "Name: <unknown>, Key: weight, Index: 0.  Number of float values != expected.  Values size: 2 but output shape: [1]"),
])
def test_examples_that_are_not_right_are_refused(copying, features, text):
    def ask():
        regress(copying, "people", copying.example(**features))
    assert failure_of(ask).details() == text


def test_models_that_do_not_fit_are_refused(copying, tf):
    example = copying.example(x=[1.0] * 4)
    for ask, text in [
        (lambda: regress(copying, "copy_fp32", example),
         "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got [-1, 4]"),
        (lambda: classify(copying, "copy_int32", example), "Expected scores Tensor of DT_FLOAT. Got: DT_INT32"),
        (lambda: classify(copying, "people", example), "Expected one or two output Tensors, found 2"),
        (lambda: classify(copying, "copy_fp32", example, signature="s"), "No signature was found with the name: s"),
        (lambda: classify(copying, "copy_fp32"), "Input is empty."),
        (lambda: classify(tf, "storyteller", example),
         "Expected classification signature method_name to be tensorflow/serving/classify. Was: tensorflow/serving/predict"),
    ]:
        failure = failure_of(ask)
        assert (failure.code(), failure.details()) == (grpc.StatusCode.INVALID_ARGUMENT, text)


# --- ModelService


def states(client, model, **choice):
    response = client.models.GetModelStatus(client.api.status.GetModelStatusRequest(model_spec=client.spec(model, **choice)))
    State = client.api.status.ModelVersionStatus.State
    return [(status.version, State.Name(status.state), status.status.error_code) for status in response.model_version_status]


def test_model_status_has_every_version_or_the_one_that_is_meant(copying):
    assert states(copying, "labelled") == [(1, "AVAILABLE", 0), (2, "AVAILABLE", 0)]
    assert states(copying, "labelled", version=2) == [(2, "AVAILABLE", 0)]
    assert states(copying, "labelled", label="stable") == [(1, "AVAILABLE", 0)]
    assert states(copying, "broken") == [(1, "END", 9)]


@pytest.mark.parametrize("model, choice, text", [
    ("nothing", {}, "Could not find any versions of model nothing"),
    ("labelled", {"version": 7}, "Could not find version 7 of model labelled")])
def test_status_of_what_is_not_there_is_not_found(copying, model, choice, text):
    request = copying.api.status.GetModelStatusRequest(model_spec=copying.spec(model, **choice))
    failure = failure_of(copying.models.GetModelStatus, request)
    assert (failure.code(), failure.details()) == (grpc.StatusCode.NOT_FOUND, text)


def test_what_is_served_is_not_changed_by_callers(copying):
    failure = failure_of(copying.models.HandleReloadConfigRequest, copying.api.management.ReloadConfigRequest())
    assert failure.code() is grpc.StatusCode.PERMISSION_DENIED
    assert error_info(failure).reason == "MANAGEMENT_ELSEWHERE"


# --- HandleReloadConfigRequest, on the admin address


@pytest.fixture
def managed(tensorflow_serving, tmp_path):
    """A server of the models a and b, and its operator."""
    for name in "ab":
        add_synthetic(tmp_path, name)
        (tmp_path / name / "2").mkdir()
    with serve(repository=tmp_path) as server, grpc.insecure_channel(server.address) as callers, \
            grpc.insecure_channel(server.admin) as operators:
        yield Client(tensorflow_serving, callers), Client(tensorflow_serving, operators)


def reload(client, *models, timeout=60):
    request = client.api.management.ReloadConfigRequest(metric_names=["m"])
    request.config.model_config_list.SetInParent()
    for model in models:
        request.config.model_config_list.config.add(**model)
    return client.models.HandleReloadConfigRequest(request, timeout=timeout)


def test_the_list_that_was_sent_is_what_is_served(managed):
    callers, operators = managed
    response = reload(operators, {
        "name": "a", "base_path": "a", "model_platform": "tensorflow", "version_labels": {"stable": 1},
        "model_version_policy": {"specific": {"versions": [1]}}}, {"name": "c", "base_path": "b"})
    assert (response.status.error_code, [(metric.name, metric.int64_value_increase) for metric in response.metric]) == (0, [("m", 0)])
    inputs = {"x": callers.tensor(FLOAT, [1, 4], float_val=[1])}
    assert callers.predict("a", inputs).model_spec.version.value == 1
    assert callers.predict("c", inputs).model_spec.version.value == 2, "only the latest, as there"
    for model, version in [("a", 2), ("b", 1), ("c", 1)]:
        assert failure_of(callers.predict, model, inputs, version=version).code() is grpc.StatusCode.NOT_FOUND


def test_labels_move_between_versions_that_are_available(managed):
    callers, operators = managed
    inputs = {"x": callers.tensor(FLOAT, [1, 4], float_val=[1])}
    both = {"name": "a", "base_path": "a", "model_version_policy": {"all": {}}}
    for version in (1, 2):
        reload(operators, both | {"version_labels": {"stable": version}})
        assert callers.predict("a", inputs, label="stable").model_spec.version.value == version
    assert failure_of(callers.predict, "b", inputs).details() == "Servable not found for request: Latest(b)"
    assert [state for _, state, _ in states(callers, "a")] == ["AVAILABLE", "AVAILABLE"]


@pytest.mark.parametrize("models, code, text", [
    ([{"name": "a", "base_path": "a", "version_labels": {"new": 3}}], "FAILED_PRECONDITION",
     "Request to assign label to version 3 of model a, which is not currently available for inference"),
    ([{"name": "a", "base_path": "../a"}], "INVALID_ARGUMENT", 'the base_path of model "a" lies outside of the repository'),
    ([{"name": "a", "base_path": "/etc"}], "INVALID_ARGUMENT", 'the base_path of model "a" lies outside of the repository'),
    ([{"name": "a"}], "INVALID_ARGUMENT", "a model needs name and base_path"),
    ([{"name": "a", "base_path": "a"}] * 2, "INVALID_ARGUMENT", "Illegal to list model a multiple times in config list"),
])
def test_lists_that_are_not_right_change_nothing(managed, models, code, text):
    callers, operators = managed
    failure = failure_of(reload, operators, *models)
    assert (failure.code().name, failure.details()) == (code, text)
    for name in "ab":
        assert states(callers, name) == [(1, "AVAILABLE", 0), (2, "AVAILABLE", 0)]


def test_only_lists_of_models_are_taken(managed):
    failure = failure_of(managed[1].models.HandleReloadConfigRequest, managed[1].api.management.ReloadConfigRequest())
    assert failure.details() == ("ServerModelConfig type not supported by HandleReloadConfigRequest. "
                                 "Only ModelConfigList is currently supported")


def test_models_that_cannot_be_loaded_are_told(managed):
    failure = failure_of(reload, managed[1], {"name": "a", "base_path": "a"}, {"name": "z", "base_path": "z"})
    assert failure.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert failure.details().startswith("1 model(s) did not become available: {{name: z version: 0} due to error: the model's folder is not there}")


def test_models_that_serve_on_as_they_were_are_told_too(managed):
    callers, operators = managed
    failure = failure_of(reload, operators, {"name": "a", "base_path": "gone", "model_version_policy": {"all": {}}})
    assert failure.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert failure.details().startswith("2 model(s) did not become available: {{name: a version: 1} due to error: the model's folder is not there, ")
    assert states(callers, "a") == [(1, "AVAILABLE", 0), (2, "AVAILABLE", 0)]
