/* SPDX-License-Identifier: ISC */
/* Tensors of ONNX: every type, in each of the places where its numbers can be; what is refused. */
#include "format/onnx.h"
#include "protobuf.h"
#include "tap.h"

#include <unistd.h>

/* A tensor of the bytes; compares its numbers. */
static void tensor_is(const char *name, const struct msg *m, enum nn_type type, int n,
		      const double *want)
{
	struct nn_tensor t;
	int i, same = 0, bad = nn_onnx_tensor_file(&t, "t.pb", m->b, m->n) < 0;

	if (!bad)
		for (same = t.type == type && nn_tensor_count(&t) == n, i = 0; same && i < n; i++)
			same = nn_tensor_at(&t, i) == want[i];
	if (!ok(same, "tensor of %s", name))
		printf("# %s\n", bad ? nn_error() : "other numbers or type");
	nn_tensor_release(&t);
}

static void tensor_fails(const char *name, const struct msg *m, const char *why)
{
	struct nn_tensor t;
	int bad = nn_onnx_tensor_file(&t, "t.pb", m->b, m->n) < 0;

	if (!ok(bad && strstr(nn_error(), why), "%s is refused", name))
		printf("# %s\n", bad ? nn_error() : "it was read");
	nn_tensor_release(&t);
}

/* Types as ONNX numbers them; raw bytes, or the typed field and its varints. */
static const struct {
	const char *name;
	int type, field;
	enum nn_type read;
	int size;
	unsigned char raw[16];
	int64_t typed[2];
	double want[2];
} kinds[] = {
	{"float", 1, 0, NN_F32, 4, {0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0}, {0}, {1, -2.5}},
	{"uint8", 2, 5, NN_U8, 1, {1, 255}, {1, 255}, {1, 255}},
	{"int8", 3, 5, NN_I32, 1, {1, 0x80}, {1, -128}, {1, -128}},
	{"uint16", 4, 5, NN_I32, 2, {1, 0, 255, 255}, {1, 65535}, {1, 65535}},
	{"int16", 5, 5, NN_I32, 2, {1, 0, 255, 255}, {1, -1}, {1, -1}},
	{"int32", 6, 5, NN_I32, 4, {1, 0, 0, 0, 0xfe, 255, 255, 255}, {1, -2}, {1, -2}},
	{"int64",
	 7,
	 7,
	 NN_I64,
	 8,
	 {1, [8] = 0xfd, 255, 255, 255, 255, 255, 255, 255},
	 {1, -3},
	 {1, -3}},
	{"bool", 9, 5, NN_U8, 1, {0, 3}, {0, 1}, {0, 1}},
	{"float16", 10, 5, NN_F32, 2, {0, 0x3c, 0, 0xc1}, {0x3c00, 0xc100}, {1, -2.5}},
	{"double", 11, 0, NN_F32, 8, {[6] = 0xf0, 0x3f, [14] = 4, 0xc0}, {0}, {1, -2.5}},
	{"uint32",
	 12,
	 11,
	 NN_I64,
	 4,
	 {1, 0, 0, 0, 255, 255, 255, 255},
	 {1, 4294967295},
	 {1, 4294967295}},
	{"uint64", 13, 11, NN_I64, 8, {1, [8] = 9}, {1, 9}, {1, 9}},
	{"bfloat16", 16, 5, NN_F32, 2, {0x80, 0x3f, 0x20, 0xc0}, {0x3f80, 0xc020}, {1, -2.5}},
};

static void head(struct msg *m, int type)
{
	m->n = 0;
	put_int(m, 1, 2);
	put_int(m, 2, type);
}

static void types(void)
{
	struct msg m, packed;
	size_t i;
	char name[64];

	for (i = 0; i < NN_LEN(kinds); i++) {
		head(&m, kinds[i].type);
		put_bytes(&m, 9, kinds[i].raw, 2 * (size_t)kinds[i].size);
		snprintf(name, sizeof name, "raw %s", kinds[i].name);
		tensor_is(name, &m, kinds[i].read, 2, kinds[i].want);
		head(&m, kinds[i].type);
		put_bytes(&m, 9, kinds[i].raw, 2 * (size_t)kinds[i].size - 1);
		snprintf(name, sizeof name, "raw %s with a byte too few", kinds[i].name);
		tensor_fails(name, &m, "raw data");
		if (!kinds[i].field)
			continue;
		head(&m, kinds[i].type);
		put_int(&m, kinds[i].field, kinds[i].typed[0]);
		put_int(&m, kinds[i].field, kinds[i].typed[1]);
		snprintf(name, sizeof name, "typed %s", kinds[i].name);
		tensor_is(name, &m, kinds[i].read, 2, kinds[i].want);
		head(&m, kinds[i].type);
		packed.n = 0;
		put_varint(&packed, (uint64_t)kinds[i].typed[0]);
		put_varint(&packed, (uint64_t)kinds[i].typed[1]);
		put_msg(&m, kinds[i].field, &packed);
		snprintf(name, sizeof name, "packed %s", kinds[i].name);
		tensor_is(name, &m, kinds[i].read, 2, kinds[i].want);
	}
}

static void typed_floats(void)
{
	static const double want[2] = {1, -2.5};
	static const double one_more[3] = {1, -2.5, 0};
	float f[2] = {1, -2.5f};
	struct msg m;

	head(&m, 1);
	put_float(&m, 4, 1);
	put_float(&m, 4, -2.5f);
	tensor_is("typed float", &m, NN_F32, 2, want);
	head(&m, 1);
	put_bytes(&m, 4, f, sizeof f);
	tensor_is("packed float", &m, NN_F32, 2, want);
	head(&m, 11);
	put_bytes(&m, 10, want, sizeof want);
	tensor_is("packed double", &m, NN_F32, 2, want);
	head(&m, 1);
	put_bytes(&m, 4, f, 7);
	tensor_fails("half a float", &m, "ends inside");
	head(&m, 1);
	put_bytes(&m, 4, f, 4);
	tensor_fails("one float too few", &m, "1 numbers, want 2");
	head(&m, 11);
	put_bytes(&m, 10, one_more, sizeof one_more);
	tensor_fails("one double too many", &m, "more numbers");
	head(&m, 1);
	put_int(&m, 99, 5);
	put_text(&m, 98, "later");
	put_bytes(&m, 4, f, sizeof f);
	tensor_is("float with unknown fields", &m, NN_F32, 2, want);
}

static void broken_tensors(void)
{
	struct msg m;
	int i;

	head(&m, 8);
	put_text(&m, 6, "a");
	tensor_fails("a tensor of strings", &m, "string is not supported");
	head(&m, 14);
	tensor_fails("a complex tensor", &m, "complex64");
	head(&m, 77);
	tensor_fails("an unknown type", &m, "unknown data type 77");
	head(&m, 3);
	put_int(&m, 5, 128);
	put_int(&m, 5, 0);
	tensor_fails("128 as int8", &m, "outside what int8");
	head(&m, 13);
	put_int(&m, 11, 0);
	put_int(&m, 11, -1);
	tensor_fails("2^64 - 1", &m, "outside what uint64");
	m.n = 0;
	put_int(&m, 1, -1);
	tensor_fails("a dimension of -1", &m, "dimension 0 is -1");
	m.n = 0;
	for (i = 0; i < 9; i++)
		put_int(&m, 1, 1);
	tensor_fails("nine dimensions", &m, "more than 8");
	head(&m, 1);
	for (i = 0; i < 3; i++)
		put_int(&m, 1, INT64_C(1) << 30);
	put_bytes(&m, 9, "", 0);
	tensor_fails("2^91 elements", &m, "too many elements");
	head(&m, 1);
	put_int(&m, 1, INT64_C(1) << 40);
	tensor_fails("2^41 elements that are not there", &m, "elements, but only");
	m.n = 0;
	put_int(&m, 1, 2);
	tensor_fails("a tensor without a type", &m, "no data type");
	m.n = 0;
	memcpy(m.b,
	       "\x4a\x7f"
	       "abc",
	       5);
	m.n = 5;
	tensor_fails("a length past the end", &m, "127 bytes, but only 3");
	memset(m.b, 0xff, 20);
	m.n = 20;
	tensor_fails("a number of 140 bits", &m, "more than 64 bits");
	memcpy(m.b, "\x0b", 1);
	m.n = 1;
	tensor_fails("a group", &m, "unknown type 3");
}

/* Numbers in the file w.bin of the scratch folder. */
static void external(const char *name, const char *location, const char *offset, const char *length,
		     const char *why)
{
	static const double want[2] = {1, -2.5};
	const char *entry[3][2] = {{"location", location}, {"offset", offset}, {"length", length}};
	struct msg m, e;
	int i;

	head(&m, 1);
	for (i = 0; i < 3; i++) {
		if (!entry[i][1])
			continue;
		e.n = 0;
		put_text(&e, 1, entry[i][0]);
		put_text(&e, 2, entry[i][1]);
		put_msg(&m, 13, &e);
	}
	put_int(&m, 14, 1);
	if (why)
		tensor_fails(name, &m, why);
	else
		tensor_is(name, &m, NN_F32, 2, want);
}

static void external_data(void)
{
	float v[3] = {7, 1, -2.5f};
	FILE *f = fopen("w.bin", "wb");

	if (!ok(f && fwrite(v, 4, 3, f) == 3 && fclose(f) == 0, "w.bin is written"))
		return;
	external("external data", "w.bin", "4", "8", NULL);
	external("external data to the end", "w.bin", "4", NULL, NULL);
	external("external data in ./", "./w.bin", "4", "8", NULL);
	external("too much external data", "w.bin", "8", "8", "pass the end");
	external("external data past the end", "w.bin", "100", NULL, "pass the end");
	external("too little external data", "w.bin", "4", "4", "want 8");
	external("external data above", "../w.bin", "4", "8", "outside the model's folder");
	external("external data further above", "a/../../w.bin", "4", "8", "outside");
	external("external data anywhere", "/etc/passwd", "0", "8", "outside");
	external("external data nowhere", NULL, "0", "8", "without a location");
	external("external data that is not there", "v.bin", "0", "8", "v.bin");
	external("external data of a folder", ".", "0", "8", "not a regular file");
	external("a negative offset", "w.bin", "-4", "8", "external data: '-4'");
	remove("w.bin");
}

int main(void)
{
	char folder[] = "/tmp/nn-test.XXXXXX";

	types();
	typed_floats();
	broken_tensors();
	if (ok(mkdtemp(folder) && chdir(folder) == 0, "a scratch folder")) {
		external_data();
		ok(chdir("/") == 0 && rmdir(folder) == 0, "is empty again");
	}
	return done();
}
