# SPDX-License-Identifier: BSD-3-Clause
#
# The manual, by Doxygen: make html, make man. The man pages are made along with the library and installed
# if Doxygen is there; a warning fails make html, make dvi and the gate tests/gates/docs, not the build.
# A page is one line here. The heading of a guide page ends in a label, {#hence-guide-topic}, which names its
# man page.

GUIDE = \
	doc/guide/01_deferred.md \
	doc/guide/02_ownership.md \
	doc/guide/03_errors.md \
	doc/guide/04_deferred_or_future.md \
	doc/guide/05_loop.md \
	doc/guide/06_libevent.md \
	doc/guide/07_testing.md \
	doc/guide/08_many.md \
	doc/guide/09_race.md \
	doc/guide/10_timeouts.md \
	doc/guide/11_again.md \
	doc/guide/12_program.md \
	doc/guide/13_debugging.md \
	doc/guide/14_gather.md \
	doc/guide/15_one_by_one.md \
	doc/guide/16_limits.md \
	doc/guide/17_transactions.md \
	doc/guide/18_threads.md \
	doc/guide/19_coroutines.md \
	doc/guide/20_coordination.md \
	doc/guide/21_structured_concurrency.md

DESIGN = \
	doc/ARCHITECTURE.md \
	doc/design/base.md \
	doc/design/compose.md \
	doc/design/coro.md \
	doc/design/coverage.md \
	doc/design/deferred.md \
	doc/design/exec.md \
	doc/design/future.md \
	doc/design/loop.md \
	doc/design/performance.md \
	doc/design/rules.md \
	doc/design/schedule.md \
	doc/design/structured.md \
	doc/design/sync.md \
	doc/design/testing.md \
	doc/design/value.md

# Samples are taken from the programs, and some of what they print.
doc_inputs = $(hence_HEADERS) $(GUIDE) doc/overview.md $(EXAMPLES:=.c) $(EXAMPLE_PARTS) $(EXAMPLE_TESTS)

EXTRA_DIST += $(GUIDE) $(DESIGN) doc/overview.md doc/man-tables.awk

man_filter = FILTER_PATTERNS += "*.md=awk -f $(abs_top_srcdir)/doc/man-tables.awk"

doxygen_run = (cat doc/Doxyfile; for page in $(GUIDE); do echo "INPUT += $(abs_top_srcdir)/$$page"; done; \
	cat) | $(DOXYGEN) -

if HAVE_DOXYGEN

html-local: doc/html.stamp


doc/html.stamp: $(doc_inputs) doc/Doxyfile
	$(AM_V_GEN)rm -rf doc/html && echo 'GENERATE_HTML = YES' | $(doxygen_run)
	@touch $@

# Section 3 is what the headers document, section 7 the overview and the guide. The sed keeps the \n of
# strings in samples: Doxygen leaves them as they are, and man would take them for registers. Then the page of a group is
# told which header it is of.
man: doc/man.stamp

doc/man.stamp: $(doc_inputs) doc/man-tables.awk doc/Doxyfile
	$(AM_V_GEN)rm -rf doc/man && \
	printf '%s\n' 'GENERATE_MAN = YES' 'WARN_AS_ERROR = NO' '$(man_filter)' | $(doxygen_run) && \
	printf '%s\n' 'GENERATE_MAN = YES' 'WARNINGS = NO' 'WARN_AS_ERROR = NO' 'MAN_SUBDIR = man7' \
		'MAN_EXTENSION = .7' 'USE_MDFILE_AS_MAINPAGE =' '$(man_filter)' | $(doxygen_run) >/dev/null 2>&1 && \
	find doc/man/man3 -type f ! -name 'hence_*' ! -name 'HENCE_*' -exec rm -f {} + && \
	find doc/man/man7 -type f ! -name 'hence.7' ! -name 'hence-*' -exec rm -f {} + && \
	find doc/man -type f -exec sed -i '/^\./!s/\\\([nt0r"]\)/\\e\1/g' {} + && \
	for header in $(hence_HEADERS); do \
		page=doc/man/man3/`sed -n 's/^ \* @defgroup \([a-z_]*\) .*/\1/p' $(top_srcdir)/$$header`.3; \
		test ! -f "$$page" || \
		sed -i "/^\.SH SYNOPSIS/{n;n;s|\$$|\n.nf\n#include <hence/$${header##*/}>\n.fi\n.PP|}" "$$page" || exit 1; \
	done
	@touch $@

all-local: doc/man.stamp

dvi-local: doc/html.stamp

install-data-local: doc/man.stamp
	@for section in 3 7; do \
		$(MKDIR_P) "$(DESTDIR)$(mandir)/man$$section" && \
		for page in doc/man/man$$section/*; do \
			test ! -f "$$page" || \
			$(INSTALL_DATA) "$$page" "$(DESTDIR)$(mandir)/man$$section" || exit 1; \
		done; \
	done

uninstall-local: doc/man.stamp
	@for section in 3 7; do \
		for page in doc/man/man$$section/*; do \
			rm -f "$(DESTDIR)$(mandir)/man$$section/$${page##*/}"; \
		done; \
	done

else

html-local man:
	@echo "make $@ needs Doxygen: install doxygen and run configure again" >&2
	@exit 1

endif

clean-local:
	-rm -rf doc/html doc/man doc/html.stamp doc/man.stamp
	-find . -name '*.gcda' -exec rm -f {} +

.PHONY: man
