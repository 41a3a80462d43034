#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manual page: it builds and is sound, and it names the commands, options and formats that the
# program has, and no others.
. "${0%/*}/tap.sh"
cd "$work" || exit 1
manual=$root/docs/virt-qualify.1.scd

# ---- The page ----

if command -v scdoc >/dev/null; then
	bounded scdoc <"$manual" >virt-qualify.1 2>err && grep -q '^\.TH "virt-qualify" "1"' virt-qualify.1
	ok $? "it builds"
	show err
else
	skip "it builds, and is sound" "scdoc is not installed"
fi
if [ ! -s virt-qualify.1 ]; then
	: # said above
elif ! command -v man >/dev/null || ! man --help 2>/dev/null | grep -q -- '--warnings'; then
	skip "man reads it without a warning" "no man that has --warnings is installed"
else
	LC_ALL=C.UTF-8 MANWIDTH=80 bounded man --warnings -l virt-qualify.1 >page 2>err </dev/null &&
		[ ! -s err ] && grep -q '^EXIT STATUS' page
	ok $? "man reads it without a warning"
	show err
	[ "$(grep -c '.\{81\}' page)" -eq 0 ]
	ok $? "it fits 80 columns"
fi
if [ ! -s virt-qualify.1 ]; then
	: # said above
elif command -v mandoc >/dev/null; then
	# Errors alone: its warnings are about macros that every page of scdoc's has.
	bounded mandoc -T lint -W error virt-qualify.1 >out 2>&1
	ok $? "mandoc finds no error"
	show out
else
	skip "mandoc finds no error" "mandoc is not installed"
fi

# ---- What the program has, and what the page says ----

# A section of the source, or a part of one: its lines up to the next heading of its depth.
section() { # HEADING
	awk -v heading="$1" '
		BEGIN { depth = index(heading, " ") }
		index($0, "#") == 1 && index($0, " ") <= depth { inside = 0 }
		inside { print }
		$0 == heading { inside = 1 }' "$manual"
}

same() { # NAME: of what is in "program" and "page"
	sort -u program >a
	sort -u page-says >b
	[ -s a ] && cmp -s a b
	ok $? "$1"
	comm -23 a b | sed 's/^/# only in the program: /'
	comm -13 a b | sed 's/^/# only in the manual: /'
}

run_vq --help
sed -n '/^Commands:/,/^$/s/^  \([a-z]*\)  .*/\1/p' out >program
cp program commands
section '# COMMANDS' | sed -n 's/^\*\([a-z]*\)\*.*/\1/p' >page-says
same "the commands"
section '# SYNOPSIS' | sed -n 's/^\*virt-qualify\* \*\([a-z]*\)\*.*/\1/p' >page-says
same "the commands of its synopsis"
for option in --help --version; do
	grep -q -- "$option" out && section '# OPTIONS' | grep -q -- "\*virt-qualify $option\*"
	ok $? "virt-qualify $option"
done

# "-b --bench" and "--by", a line each.
options_of_help() {
	sed -n 's/^  *\(-[A-Za-z?]\), *\(--[a-z-]*\).*/\1 \2/p; s/^  *\(--[a-z-]*\).*/\1/p' out
}

options_of_page() { # COMMAND
	section "## $1" | sed -n 's/^\*\(-[A-Za-z]\)\*, \*\(--[a-z-]*\)\*.*/\1 \2/p
		s/^\*\(--[a-z-]*\)\*.*/\1/p'
}

while read -r name; do
	run_vq "$name" --help
	options_of_help | grep -v -e ' --help$' -e '^--usage$' -e '^-V --version$' >program
	options_of_page "$name" >page-says
	if [ ! -s program ]; then
		[ ! -s page-says ]
		ok $? "$name: it has no option, and the manual none"
		continue
	fi
	same "$name: its options"
	# The synopsis shows each of them, in its short form or its long one.
	awk -v command="*virt-qualify* *$name*" '
		/^$/ { inside = 0 } index($0, command) == 1 { inside = 1 } inside' "$manual" >synopsis
	while read -r short long; do
		grep -Fq -e "*$short*" synopsis || { [ -n "$long" ] && grep -Fq -e "*$long*" synopsis; } ||
			echo "# not in the synopsis: $short $long"
	done <program >missing
	cat missing
	[ ! -s missing ]
	ok $? "$name: its synopsis shows them"
done <commands
for option in --help --usage; do
	section '# OPTIONS' | grep -Fq -e "*$option*"
	ok $? "$option, which every command has"
done

run_vq report --help
sed -n '/^Formats:/,$s/^  \([a-z0-9]*\) .*/\1/p' out >program
section '# FORMATS' | sed -n 's/^\*\([a-z0-9]*\)\*$/\1/p' >page-says
same "the formats"

# A preset that is none is refused with those that are.
run_vq run --preset xyzzy
sed -n 's/.*the presets are \(.*\)/\1/p' err | tr -d ' .' | tr ',' '\n' >program
section '# PLANS' | sed -n '/^Five plans/,$s/^\*\([a-z-]*\)\*$/\1/p' >page-says
same "the presets"

# From the one place that names them all.
sed -n 's/^\tEXIT_[A-Z_]* = \([0-9]*\),.*/\1/p' "$root/harness/core/command.h" >program
section '# EXIT STATUS' | sed -n 's/^\*\([0-9]*\)\*$/\1/p' >page-says
same "the exit codes"
run_vq recover --help
# shellcheck disable=SC2016
tr '\n' ' ' <out | grep -o '[$~/]*[A-Za-z_.]*[^ ,]*/virt-qualify\|\$VIRT_QUALIFY_STATE' >program
{
	section '# FILES' | grep -o '[$~/][^ ,]*/virt-qualify'
	section '# ENVIRONMENT' | sed -n 's/^\*\(VIRT_QUALIFY_STATE\)\*$/$\1/p'
} >page-says
same "the places of the journal"

# ---- Its plan is one ----

section '# PLANS' | awk '/^```$/ { inside = !inside; next } inside' |
	sed 's/trials: [0-9]*/trials: 1/' >plan.yaml
run_vq run plan.yaml -p native -o plan.vq
[ $code -eq 1 ] && grep -q '^failed *require *exit_cpuid *kvm' out
_judged=$?
ok $_judged "its plan runs, and what it requires on kvm is missed where kvm is left out"
[ $_judged -eq 0 ] || show out err
done_testing
