# SPDX-License-Identifier: ISC
# GNU make.  Everything made goes below build/; the folders are the lists of what is built.
include config.mk

B = build
ARCH := $(shell $(CC) -dumpmachine)
NN_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L -DNN_VERSION_TEXT='"$(VERSION)"' $(WARNINGS) \
	-ffp-contract=off -fno-math-errno -fopenmp -Ilibcore $(CPPFLAGS)
NN_LDFLAGS = -fopenmp $(LDFLAGS)

# one source of a kernel, compiled once per instruction set
ifneq ($(filter x86_64% amd64%,$(ARCH)),)
ISAS = portable avx2 avx512
else ifneq ($(filter aarch64% arm64%,$(ARCH)),)
ISAS = portable neon
else
ISAS = portable
endif
ISA_portable =
ISA_avx2 = -mavx2 -mfma -mf16c
ISA_avx512 = -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mprefer-vector-width=512
ISA_neon =

FOLDERS = op format zoo objective parameterisation transform stimulus
KERNELS = $(patsubst libcore/kernel/%.c,%,$(wildcard libcore/kernel/*.c))
SOURCES = $(wildcard libcore/*.c $(FOLDERS:%=libcore/%/*.c))
OBJECTS = $(SOURCES:%.c=$(B)/%.o) $(foreach i,$(ISAS),$(KERNELS:%=$(B)/libcore/kernel/%.$(i).o))
TOOLS = $(patsubst cmd/%.c,%,$(wildcard cmd/*.c))
SCRIPTS = $(patsubst scripts/%,%,$(wildcard scripts/nn-*))
PAGES = $(patsubst man/%,%,$(wildcard man/*.[1-9]))
TESTERS = $(patsubst tests/%.c,%,$(wildcard tests/*.c))

all: $(TOOLS:%=$(B)/bin/%) $(SCRIPTS:%=$(B)/bin/%)

$(B)/bin/%: $(B)/cmd/%.o $(B)/libcore.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(NN_LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/bin/%: scripts/%
	@mkdir -p $(@D)
	install -m 755 $< $@

$(B)/tests/%: $(B)/tests/%.o $(B)/libcore.a
	$(CC) $(CFLAGS) $(NN_LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/libcore.a: $(OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $(OBJECTS)

define kernel_rule
$(B)/libcore/kernel/%.$(1).o: libcore/kernel/%.c $(B)/flags
	@mkdir -p $$(@D)
	$(CC) $(NN_CFLAGS) $(CFLAGS) $(ISA_$(1)) -DNN_ISA=$(1) -DNN_ISA_$(1) -MMD -MP -c -o $$@ $$<
endef
$(foreach i,$(ISAS),$(eval $(call kernel_rule,$(i))))

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(NN_CFLAGS) $(CFLAGS) $(ISAS:%=-DNN_HAVE_%) -MMD -MP -c -o $@ $<

$(B)/libcore/zoo/demo.o: libcore/zoo/demo.onnx libcore/zoo/demo.labels

# other flags, other objects: a sanitizer build after a plain one starts anew
FLAGS = $(CC) $(NN_CFLAGS) $(CFLAGS) $(NN_LDFLAGS)
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(FLAGS))' | cmp -s - $@ || echo '$(subst ','\'',$(FLAGS))' > $@
FORCE:

check: all $(TESTERS:%=$(B)/tests/%) $(B)/tests/bench/bench
	NN_BUILD=$(abspath $(B)) scripts/check $(TESTS)

# speed: make -s bench BENCH='-j conv net'; scripts/setup -b has the peers to compare with
$(B)/tests/bench/bench: $(patsubst %.c,$(B)/%.o,$(wildcard tests/bench/*.c)) $(B)/libcore.a
	$(CC) $(CFLAGS) $(NN_LDFLAGS) -o $@ $^ $(LDLIBS)

bench: $(B)/tests/bench/bench
	NN_BUILD=$(abspath $(B)) $< $(BENCH)

demo: all
	scripts/demo demo

install: all
	install -d $(DESTDIR)$(BINDIR)
	install -m 755 $(TOOLS:%=$(B)/bin/%) $(SCRIPTS:%=$(B)/bin/%) $(DESTDIR)$(BINDIR)
	for p in $(PAGES); do \
		install -d $(DESTDIR)$(MANDIR)/man$${p##*.} && \
		install -m 644 man/$$p $(DESTDIR)$(MANDIR)/man$${p##*.} || exit 1; \
	done

uninstall:
	rm -f $(TOOLS:%=$(DESTDIR)$(BINDIR)/%) $(SCRIPTS:%=$(DESTDIR)$(BINDIR)/%)
	for p in $(PAGES); do rm -f $(DESTDIR)$(MANDIR)/man$${p##*.}/$$p; done

clean:
	rm -rf $(B)

.PHONY: all check bench demo install uninstall clean FORCE
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
