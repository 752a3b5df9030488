/* SPDX-License-Identifier: ISC */
/*
 * Models to download: the image classifiers of the ONNX Model Zoo (github.com/onnx/models).  Sizes
 * and checksums are those of its Git LFS pointers and of ONNX_HUB_MANIFEST.json.  Ranges are those
 * its pages state, or, for models that came from Caffe or MXNet, of the framework's own recipe;
 * where neither says one, the row has none, and nn-load asks.  EfficientNet's (255 * picture - 127)
 * / 128 is tf within half a level.
 */
#include "net.h"

#define FOLDER "https://github.com/onnx/models/raw/main/validated/vision/classification/"
#define LABELS FOLDER "synset.txt"
#define MODEL(id, title, range, file, size, sum, seen)                                             \
	const struct nn_zoo nn_zoo_##id = {.name = #id,                                            \
					   .what = title,                                          \
					   .preset = range,                                        \
					   .address = FOLDER file,                                 \
					   .bytes = size,                                          \
					   .sha256 = sum,                                          \
					   .labels = LABELS,                                       \
					   .microscope = seen}

MODEL(alexnet, "AlexNet of Caffe (BVLC)", "caffe", "alexnet/model/bvlcalexnet-12.onnx", 243863787,
      "6b0da9510f27f234ee96a85dc3809dd210150fdefad87f6850f9788513216945", "alexnet");
MODEL(caffenet, "CaffeNet, an AlexNet with pooling before normalisation", "caffe",
      "caffenet/model/caffenet-9.onnx", 243863553,
      "802138332cf3e423c82a9a80c76e4f9227dd4effb3aba55413601fa4345cfd36", NULL);
MODEL(googlenet, "GoogLeNet of Caffe (BVLC)", "caffe",
      "inception_and_googlenet/googlenet/model/googlenet-7.onnx", 28020232,
      "5725ccfd90845735ce5897faf7843c3f9b13acda3c4f3bff82cb21c9337c9de8",
      "inceptionv1, with other weights");
MODEL(inception_v1, "Inception v1 of Caffe2", "caffe",
      "inception_and_googlenet/inception_v1/model/inception-v1-12.onnx", 28021958,
      "814b31a6316873bd03d2d808415ce1f40a7bf48ad88eab5ecc3cdc8dc6cf38ec",
      "inceptionv1, with other weights");
MODEL(inception_v2, "Inception v2 of Caffe2", NULL,
      "inception_and_googlenet/inception_v2/model/inception-v2-9.onnx", 45042799,
      "37ed4aa93f817fd0d1cc19bda045ebd70f18d0887a5f51e66ecd0ed8fd5a65c2", NULL);
MODEL(vgg16, "VGG 16 of MXNet", "torch", "vgg/model/vgg16-7.onnx", 553437328,
      "f20805a3ecccaa88647bbab4ad011ff2412a9838485ea844de0fcbce349820b9", NULL);
MODEL(vgg19, "VGG 19 of Caffe2", "caffe", "vgg/model/vgg19-caffe2-9.onnx", 574674712,
      "cfb97260b303ad3963999662456571b89c5f73dbdd2fd9dffd19fed7a90f766b", "vgg19_caffe");
MODEL(squeezenet, "SqueezeNet 1.1 of MXNet", "torch", "squeezenet/model/squeezenet1.1-7.onnx",
      9165684, "9456373b67f04e4a9cb0bb9be984f0db2d0ad141582d84d4b4ad9e84f7ec7785", NULL);
MODEL(squeezenet_v1, "SqueezeNet 1.0 of Caffe2", "caffe", "squeezenet/model/squeezenet1.0-8.onnx",
      4952222, "3c0bff2f7c984350d3ffa98e0167dc08c15da88f05d0c31989ebeba6fbb5e025", NULL);
MODEL(resnet18, "ResNet 18 v1 of MXNet", "torch", "resnet/model/resnet18-v1-7.onnx", 46820737,
      "4e8f8653e7a2222b3904cc3fe8e304cd8b339ce1d05fd24688162f86fb6df52c", NULL);
MODEL(resnet50, "ResNet 50 v1 of MXNet", "torch", "resnet/model/resnet50-v1-12.onnx", 102576419,
      "ab65bdc02c5b3123eb3cdf6dac01742438517d8635d4f233913b2be1c70db3b6", NULL);
MODEL(resnet50_v2, "ResNet 50 v2 of MXNet", "torch", "resnet/model/resnet50-v2-7.onnx", 102442450,
      "1e80e8a7c8eec8e8b20c440d7dd7f2f8590779c7c2859dc4514870dc463845d3",
      "resnetv2_50_slim, with other weights");
MODEL(resnet101, "ResNet 101 v1 of MXNet", "torch", "resnet/model/resnet101-v1-7.onnx", 178914043,
      "760702f6ec0138f71ebac66f4e95d1c72dc9267a8544f4d4667a53075fd0497c", NULL);
MODEL(resnet152, "ResNet 152 v1 of MXNet", "torch", "resnet/model/resnet152-v1-7.onnx", 241816206,
      "b0ec92437bf8c9d0739bf9bafdea9638e13f9e3c1e2fb766ad546cc182fd3f6d", NULL);
MODEL(densenet121, "DenseNet 121 of Caffe2", NULL, "densenet-121/model/densenet-12.onnx", 32726877,
      "0294e7e88e5b3360de9b0fdc321baf9e6ef18b7f058c4536caae3b9f18ed9ed5", NULL);
MODEL(shufflenet_v2, "ShuffleNet v2 of PyTorch", "torch", "shufflenet/model/shufflenet-v2-12.onnx",
      9218556, "ea69821b4dd374ae2f33f9710dd1229ac263d0ee5b5a46ca3521f6483e1ba035", NULL);
MODEL(mobilenet_v2, "MobileNet v2 of MXNet", "torch", "mobilenet/model/mobilenetv2-7.onnx",
      14246826, "c1c513582d56afceff8516c73804e484c81c6a830712ab6d682253f4a3cd042f", NULL);
MODEL(efficientnet_lite4, "EfficientNet-Lite4 of TensorFlow", "tf",
      "efficientnet-lite4/model/efficientnet-lite4-11.onnx", 51946641,
      "d111689907c06eea7c82e4833ddef758da6453b9d4cf60b7e99ca05c7cbd9c12", NULL);
