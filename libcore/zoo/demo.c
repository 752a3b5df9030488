/* SPDX-License-Identifier: ISC */
/*
 * The trained network that is linked in, nn-demo(7).  demo.onnx and demo.labels are what
 * scripts/train-demo wrote; the assembler puts their bytes into the object (run in the top folder).
 */
#include "net.h"

#include <stdlib.h>
#include <string.h>

__asm__(".pushsection .rodata\n"
	".balign 64\n"
	".globl nn_demo_onnx, nn_demo_onnx_end, nn_demo_labels\n"
	"nn_demo_onnx: .incbin \"libcore/zoo/demo.onnx\"\n"
	"nn_demo_onnx_end:\n"
	"nn_demo_labels: .incbin \"libcore/zoo/demo.labels\"\n"
	".byte 0\n"
	".popsection\n");
extern const unsigned char nn_demo_onnx[], nn_demo_onnx_end[];
extern const char nn_demo_labels[]; /* one a line, ended by a zero */
extern const struct nn_format nn_format_onnx;

static struct nn_net *make(void)
{
	struct nn_net *net;
	struct nn_preprocess p;
	const char *at = nn_demo_labels;
	char *label;
	size_t n;
	int raw;

	net = nn_format_onnx.load("demo", nn_demo_onnx, (size_t)(nn_demo_onnx_end - nn_demo_onnx));
	if (!net)
		return NULL;
	if (nn_preset("tf", &p, &raw) < 0 || nn_net_preprocess(net, &p) < 0) {
		nn_net_free(net);
		return NULL;
	}
	for (; *at; at += n + (at[n] == '\n')) {
		n = strcspn(at, "\n");
		label = nn_strndup(at, n);
		nn_net_label(net, label);
		free(label);
	}
	return net;
}

const struct nn_zoo nn_zoo_demo = {
	.name = "demo",
	.what = "24 kinds of drawn things, 96x96: trained on nn-stimuli, see nn-demo(7)",
	.preset = "tf",
	.make = make,
};
