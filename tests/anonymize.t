#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# report --anonymize: what says whose host it was stands in every column of a file, and in no
# format's report of it.
. "${0%/*}/tap.sh"
cd "$work" || exit 1
if ! command -v sqlite3 >/dev/null; then
	skip "report --anonymize" "sqlite3 is not installed"
	done_testing
fi

"$B/tests/make-sample" plain.vq other.vq
mkdir zqdirectory
cp plain.vq zqdirectory/zqfile.vq
planted=zqdirectory/zqfile.vq

# Each is found by another rule. All hold zq, or are looked for by themselves.
secrets='zqhost ZQHOST.zqdomain.example.com /home/zquser/zqdir/f /srv/zq ~zquser/x ../zq/f.c
	zq/zq/zq zqmail@zqmailhost https://zq@zqurl/zq?zq ssh://zqurl user=zqlogin zquser-is-here
	hostname=zqname token=zqtoken (zqhost) on:zqhost, zq.example.org 10.77.1.2 10.77.1.3:22
	fe80::77:1%eth0 fe80::77:2/64 52:54:00:77:77:77 52-54-00-77-77-78
	7f7e7f7e-aaaa-4bbb-8ccc-7f7e7f7e7f7e 7f7e7f7eaaaa4bbb8ccc7f7e7f7e7f7e 5000c5007f7e7f7e'
numbers='Serial: ZQ77 serial number zq-77 serial="ZQ78"'
left='zq|10\.77\.1|fe80::77|00:77:77|00-77-77|7f7e7f7e'

# Words that the schema knows, numbers' columns and histograms stay as they are. References by name
# get the same text on both sides.
columns=$(sqlite3 plain.vq "SELECT m.name || '.' || p.name FROM sqlite_master m, pragma_table_info(m.name) p
	WHERE m.type = 'table' AND p.type = 'TEXT' AND m.name || '.' || p.name NOT IN ('bench.unit',
	'bench.better', 'trial.status', 'trial.execution', 'noise.execution', 'batch.disturbances', 'fault_trial.outcome')")
[ "$(echo "$columns" | wc -l)" -ge 35 ]
ok $? "columns of text: $(echo "$columns" | wc -l)"
{
	echo 'BEGIN;'
	for column in $columns; do
		echo "UPDATE ${column%.*} SET ${column#*.} = ${column#*.} || ' ' ||
			'$(echo "$secrets $numbers" | tr -s '\t\n' '  ')' WHERE ${column#*.} IS NOT NULL;"
	done
	cat <<-'EOF'
		UPDATE fact SET name = 'host.name', value = 'zqhost' WHERE name LIKE 'host.name%';
		INSERT INTO fact (run, name, value) VALUES
			(1, 'kernel.command_line', 'BOOT_IMAGE=/zq root=UUID=zq quiet isolcpus=1-3 otherkey=zq
				ip=10.77.1.9 -- zqinit'), (1, 'dmi.product_serial', 'zqserial'),
			(1, 'topology.xml', '<?xml?><info name="DMIBoardSerial" value="zq one"/>
				<info name="CPUModel" value="kept"/>'), (1, 'kept', '/dev/kvm op/s 6.18.0-1 A/B'),
			(1, 'long', printf('%.3000c', 'z') || 'zq');
		UPDATE run SET command = 'virt-qualify run zqplan.yaml -o zqresults --output=zqout -p kvm';
		COMMIT;
	EOF
} >plant.sql
sqlite3 "$planted" <plant.sql 2>err
ok $? "everything is planted"
show err

run_vq report --help
sed -n '/^Formats:/,$s/^  \([a-z0-9]*\) .*/\1/p' out >formats
while read -r format; do
	accepts "$format" report "$planted" -F "$format" --anonymize
	mv out anonymous
	! grep -Eaiq "$left" anonymous
	ok $? "$format: nothing of it is left"
	grep -Eaio ".{0,40}($left).{0,20}" anonymous | head -n 5 | sed 's/^/# /'
	run_vq report "$planted" -F "$format"
	grep -Eaiq "$left" out
	ok $? "$format: it is there without --anonymize"
	run_vq compare "$planted" other.vq -F "$format" --anonymize
	# Every text is changed: nothing may be left to compare.
	{ [ $code -le 1 ] || [ $code -eq 77 ]; } && ! grep -Eaiq "$left" out
	ok $? "$format: nor in a comparison"
	grep -Eaio ".{0,40}($left).{0,20}" out | head -n 5 | sed 's/^/# /'
done <formats

# ---- What must stay, and how it reads ----

if command -v jq >/dev/null; then
	run_vq report plain.vq -F json
	jq -S '[.metrics, .faults, .fits | .[] | del(.run)]' out >before
	run_vq report plain.vq -F json --anonymize
	jq -S '[.metrics, .faults, .fits | .[] | del(.run)]' out >after
	cmp -s before after
	ok $? "every figure stays as it was"
	jq -e '.runs[0].host["cpu.model"] == "Sample CPU @ 2.00GHz" and
		.runs[0].host["host.name"] == "host-1" and .files[0].path == "path-1" and
		(.runs[0].id | test("^[0-9a-f-]{36}$")) and (.files[0].sha256 | length == 64)' out >/dev/null
	ok $? "what the processor is stays; host, file and run get other names"
	run_vq report "$planted" -F json --anonymize
	jq -e '.runs[0].host | .kept == "/dev/kvm op/s 6.18.0-1 A/B" and
		(.["kernel.command_line"] | test("isolcpus=1-3")) and
		(.["topology.xml"] | test("name=\"CPUModel\" value=\"kept\""))' out >/dev/null
	ok $? "what bears on figures stays: common paths, units, isolcpus, the topology"
	jq -e '.runs[0].command == "virt-qualify run path-1 -o path-2 --output=path-3 -p kvm" or
		(.runs[0].command | test("^virt-qualify run path-[0-9]+ -o path-[0-9]+ --output=path-[0-9]+ -p kvm$"))' \
		out >/dev/null
	ok $? "the command line stays readable"
	run_vq compare plain.vq other.vq --by host -F json --anonymize
	jq -e '[.comparisons[] | [.base, .other]] | flatten | map(select(. != null)) | unique ==
		["A: host-1", "B: host-2"]' out >/dev/null
	ok $? "two hosts stay two"
else
	skip "what must stay" "jq is not installed"
fi
cp plain.vq again.vq
refuses 2 'name each file once' "one run given twice is still noticed" \
	compare --anonymize plain.vq again.vq
done_testing
