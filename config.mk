# What a packager or a developer may want to change; everything can also be given on make's command line.
VERSION = 0.1
PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man

CC = cc
AR = ar
# CFLAGS is the user's: what the code itself needs is in NN_CFLAGS.
CFLAGS = -O3 -g
WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes
LDLIBS = -lpng -ljpeg -lz -lm
