# Prints what Perl's TAP::Parser reads from the standard input: tests, the statuses in their YAML, the plan, mistakes.
use strict;
use warnings;
use TAP::Parser;

# the source may not begin like a file's name or a command
my $parser = TAP::Parser->new({ tap => do { local $/; <STDIN> } });
my ($tests, $yaml, $number) = ('', '', 0);
while (my $result = $parser->next) {
    if ($result->is_test) {
        $number = $result->number;
        $tests .= ($result->raw =~ /^not/ ? 'not ok' : 'ok') . " $number " . $result->description;
        $tests =~ s/\s+$//;
        $tests .= ' ' . $result->directive . ' ' . $result->explanation if $result->directive;
        $tests .= "\n";
    } elsif ($result->is_yaml) {
        my $data = $result->data;
        $yaml .= join(' ', 'yaml', $number, $data->{status}, map { $_->{status} } @{ $data->{attempts} || [] }) . "\n";
    } elsif ($result->is_unknown) {
        $yaml .= 'unknown ' . $result->raw . "\n";
    }
}
print $tests, $yaml, 'planned ', $parser->tests_planned, "\n";
# before its version 3.48 the parser knows TAP 13 at most, and says so
print "mistake $_\n" for grep { !/^TAP specified version 14 but/ } $parser->parse_errors;
