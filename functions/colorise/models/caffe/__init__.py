"""Caffe's networks, read with protobuf and written again as ONNX."""
