/* SPDX-License-Identifier: ISC */
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

int nn_threads(void)
{
	return omp_get_max_threads();
}

/* the tables of the instruction sets that were compiled, best first */
#define TABLE(set) const struct nn_kernels table_##set
#define NN_KERNEL(name) extern const struct nn_##name##_kernel nn_##name##_kernel_portable;
#include "kernel.def"
#undef NN_KERNEL
static TABLE(portable) = {
	.isa = "portable",
#define NN_KERNEL(name) .name = &nn_##name##_kernel_portable,
#include "kernel.def"
#undef NN_KERNEL
};

#ifdef NN_HAVE_avx2
#define NN_KERNEL(name) extern const struct nn_##name##_kernel nn_##name##_kernel_avx2;
#include "kernel.def"
#undef NN_KERNEL
static TABLE(avx2) = {
	.isa = "avx2",
#define NN_KERNEL(name) .name = &nn_##name##_kernel_avx2,
#include "kernel.def"
#undef NN_KERNEL
};
#endif

#ifdef NN_HAVE_avx512
#define NN_KERNEL(name) extern const struct nn_##name##_kernel nn_##name##_kernel_avx512;
#include "kernel.def"
#undef NN_KERNEL
static TABLE(avx512) = {
	.isa = "avx512",
#define NN_KERNEL(name) .name = &nn_##name##_kernel_avx512,
#include "kernel.def"
#undef NN_KERNEL
};
#endif

#ifdef NN_HAVE_neon
#define NN_KERNEL(name) extern const struct nn_##name##_kernel nn_##name##_kernel_neon;
#include "kernel.def"
#undef NN_KERNEL
static TABLE(neon) = {
	.isa = "neon",
#define NN_KERNEL(name) .name = &nn_##name##_kernel_neon,
#include "kernel.def"
#undef NN_KERNEL
};
#endif

static const struct nn_kernels *const compiled[] = {
#ifdef NN_HAVE_avx512
	&table_avx512,
#endif
#ifdef NN_HAVE_avx2
	&table_avx2,
#endif
#ifdef NN_HAVE_neon
	&table_neon,
#endif
	&table_portable,
};

/* Does this machine, and its system, run the table's instructions? The names are the compiler's. */
static int runs(const struct nn_kernels *k)
{
#if defined(NN_HAVE_avx2) || defined(NN_HAVE_avx512)
	__builtin_cpu_init();
	if (!strcmp(k->isa, "avx2"))
		/* f16c, which clang 14 does not know here, comes with every avx2 */
		return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
	if (!strcmp(k->isa, "avx512"))
		return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
		       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
	(void)k;
	return 1; /* portable, and neon, which every aarch64 has */
}

const struct nn_kernels *nn_kernels_of(int i)
{
	size_t j;

	for (j = 0; j < NN_LEN(compiled); j++)
		if (runs(compiled[j]) && i-- == 0)
			return compiled[j];
	return NULL;
}

static const struct nn_kernels *choose(void)
{
	const char *want = getenv("NN_ISA");
	const struct nn_kernels *k;
	char list[64] = "";
	int i;

	for (i = 0; (k = nn_kernels_of(i)); i++) {
		if (!want || !*want || !strcmp(want, k->isa))
			return k;
		strncat(list, " ", sizeof list - strlen(list) - 1);
		strncat(list, k->isa, sizeof list - strlen(list) - 1);
	}
	fprintf(stderr, "NN_ISA=%s: this machine has%s\n", want, list);
	exit(2);
}

const struct nn_kernels *nn_kernels(void)
{
	static const struct nn_kernels *chosen;
	const struct nn_kernels *k = __atomic_load_n(&chosen, __ATOMIC_ACQUIRE);

	if (!k) {
		k = choose();
		__atomic_store_n(&chosen, k, __ATOMIC_RELEASE);
	}
	return k;
}
