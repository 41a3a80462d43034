#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The README's word: its commands run as written, its two example files are all that it takes to add
# a bench and a fault, and its tables name what is there.
#
# Commands are the lines of blocks marked sh. Those that use the examples, and make itself, run in
# a copy of the tree; the others in a directory whose build/ is the one under test.
. "${0%/*}/tap.sh"
cd "$work" || exit 1
readme=$root/README.md
mkdir tree user
ln -s "$B" user/build

# A make that runs us hands its variables down. The copy is built as a user builds it, but for the
# optimisation of what runs on the host; guest code has its own.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS B SAN V CC CPPFLAGS LDFLAGS
export CFLAGS=-O0 WERROR=-Werror

# ---- The two examples, in a copy of the tree ----

# The name of the file stands above a block of C, as `bench/NAME.c`: and an empty line.
extract() { # PATH
	awk -v name="\`$1\`:" '$0 == name { found = 1; next }
		inside && /^```$/ { exit }
		inside { print }
		found && /^```c$/ { inside = 1 }' "$readme"
}

# Everything that git would have; without git, everything but what was built.
sources() {
	if git -C "$root" ls-files --error-unmatch Makefile >/dev/null 2>&1; then
		git -C "$root" ls-files
	else
		find "$root" \( -name 'build*' -o -name '.git' \) -prune -o -type f -printf '%P\n'
	fi | while read -r path; do
		[ ! -f "$root/$path" ] || printf '%s\n' "$path"
	done
}

# shellcheck disable=SC2016
files=$(sed -n 's,^`\([a-z]*/[a-z_0-9]*\.c\)`:$,\1,p' "$readme")
bench=$(echo "$files" | sed -n 's,^bench/\(.*\)\.c$,\1,p')
fault=$(echo "$files" | sed -n 's,^faults/\(.*\)\.c$,\1,p')
[ -n "$bench" ] && [ -n "$fault" ] && [ "$(echo "$files" | wc -l)" -eq 2 ]
ok $? "two examples: bench \"$bench\", fault \"$fault\""
[ "$(grep -c '^```c$' "$readme")" -eq 2 ]
ok $? "every block of C is one of them"

sources >list-of-sources
tar -c -C "$root" -T list-of-sources | tar -x -C tree
ok $? "the tree is copied: $(wc -l <list-of-sources) files"
for file in $files; do
	[ ! -e "tree/$file" ]
	ok $? "$file is not in the tree already"
	extract "$file" >"tree/$file"
	[ "$(wc -l <"tree/$file")" -gt 5 ]
	ok $? "$file: taken from the README"
	if command -v clang-format >/dev/null; then
		(cd tree && clang-format --dry-run -Werror "$file") >out 2>&1
		ok $? "$file: in the style of the house"
		show out
	else
		skip "$file: in the style of the house" "clang-format is not installed"
	fi
done

if ! command -v make >/dev/null; then
	skip "the copy builds, and the examples run" "make is not installed"
	done_testing
fi
(cd tree && timeout -s KILL 300 make -j2) >out 2>&1
built=$?
ok $built "the copy builds, without a warning"
[ $built -eq 0 ] || tail -n 20 out | sed 's,^,# ,'

# ---- What the examples measure and break ----

vq=$work/tree/build/virt-qualify

# The valid trials of a run on a platform; 0 where it has none.
valid() { # FILE.vq PLATFORM
	sqlite3 -readonly "$1" \
		"SELECT count(*) FROM trial WHERE platform = '$2' AND status = 'ok'"
}

# The trials that are not, and why.
others() { # FILE.vq
	sqlite3 -readonly "$1" "SELECT DISTINCT status, reason FROM trial WHERE status <> 'ok'"
}

outcomes() { # FILE.vq
	sqlite3 -readonly "$1" "SELECT outcome, count(*) FROM fault_trial GROUP BY 1"
}

yields() { # NAME PLATFORM OPTION...
	example=$1 platform=$2 file=$1-$2.vq
	shift 2
	accepts "$example on $platform: runs" run -p "$platform" -o "$file" "$@"
	if ! command -v sqlite3 >/dev/null; then
		skip "$example on $platform: trials are valid" "sqlite3 is not installed"
		return
	fi
	others "$file" >out
	# One may fail on a busy machine; none may turn out not to be what it claims.
	[ "$(valid "$file" "$platform")" -gt 0 ] && ! grep -q '^invalid' out
	ok $? "$example on $platform: trials are valid"
	show out
}

if [ $built -eq 0 ]; then
	accepts "list" list
	cp out list
	platforms=native
	if grep -Eq '^  kvm .* works ' list; then
		platforms="native kvm"
	else
		skip "the examples on kvm" "$(sed -n 's/^ *why not: //p' list | head -n 1)"
	fi
	for name in $bench $fault; do
		grep -q "^    $name " list
		ok $? "list: shows $name"
	done
	for platform in $platforms; do
		yields "$bench" "$platform" -b "$bench" -f none
		yields "$fault" "$platform" -b none -f "$fault"
		if command -v sqlite3 >/dev/null; then
			outcomes "$file" >out
			grep -q '^assisted-recovered' out && ! grep -q '^not-activated' out
			ok $? "$fault on $platform: it breaks the guest, and recoveries mend it"
			show out
		else
			skip "$fault on $platform: it breaks the guest" "sqlite3 is not installed"
		fi
	done
else
	skip "what the examples measure and break" "the copy does not build"
fi

# ---- The commands ----

awk '/^```sh$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$readme" |
	sed 's/  *#.*//; /^$/d' >commands
grep -q '^build/virt-qualify ' commands
ok $? "commands: $(wc -l <commands)"

while read -r command; do
	allowed=0
	where=user
	case $command in
	'make run' | 'make test')
		skip "$command" "it would install packages, and run all the tests, these among them"
		continue
		;;
	make | *"$bench"* | *"$fault"*)
		where=tree
		if [ $built -ne 0 ]; then
			skip "$command" "the copy does not build"
			continue
		fi
		;;
	'build/virt-qualify compare '*)
		allowed=1 # noise may show as a verdict
		;;
	build/virt-qualify*) ;;
	*)
		tool=${command%% *}
		if ! command -v "$tool" >/dev/null; then
			skip "$command" "$tool is not installed"
			continue
		fi
		;;
	esac
	(cd $where && timeout -s KILL "$BOUND" sh -c "$command") >out 2>err </dev/null
	code=$?
	if [ $code -eq 77 ]; then
		skip "$command" "$(tail -n 1 err)"
		continue
	fi
	[ $code -le $allowed ]
	ok $? "$command"
	[ $code -le $allowed ] || show err
done <commands

if command -v jq >/dev/null && [ -f user/before.vq ]; then
	user/build/virt-qualify report user/before.vq -F json | jq -r '.files[0].sha256' >out
	[ "$(cat out)" = "$(sha256sum <user/before.vq | cut -d ' ' -f 1)" ]
	ok $? "a report names its file's SHA-256"
else
	skip "a report names its file's SHA-256" "jq is not installed, or there is no before.vq"
fi

# ---- What it names ----

# A name, or the glob that stands for it.
named() { # NAME
	grep -Fq "\`$1\`" "$readme" || grep -Fq "\`${1%_*}_*\`" "$readme"
}

vq=$work/user/build/virt-qualify
if command -v jq >/dev/null; then
	accepts "list -F json" list -F json
	jq -r '.benches[].name, .faults[].name, .platforms[].name' out | while read -r name; do
		named "$name" || echo "# the README has no $name"
	done >missing
	cat missing
	[ ! -s missing ]
	ok $? "every bench, fault and platform has its place in a table"
	jq -r '.faults[] | .name + " " + ([.recoveries[].name] | join(", "))' out >recoveries
	while read -r name recovery; do
		grep -F "\`$name\`" "$readme" | grep -Fq "| $recovery |" ||
			echo "# $name: its recoveries are $recovery"
	done <recoveries >missing
	cat missing
	[ -s recoveries ] && [ ! -s missing ]
	ok $? "every fault has its recoveries in the table"
else
	skip "the tables name what is there" "jq is not installed"
fi

run_vq report --help
sed -n '/^Formats:/,$s/^  \([a-z]*\) .*/\1/p' out | while read -r format; do
	grep -Fq "\`$format\`" "$readme" || echo "# no format $format"
done >missing
cat missing
[ ! -s missing ]
ok $? "every format is named"

# Links inside the tree lead somewhere.
grep -o '](\([^)]*\))' "$readme" | tr -d '()]' | grep -v '^[a-z]*:' | while read -r target; do
	[ -e "$root/$target" ] || echo "# $target does not exist"
done >missing
cat missing
[ ! -s missing ]
ok $? "every link leads to a file"
done_testing
