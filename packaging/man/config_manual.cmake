# ptahd.yaml(5): the commented file itself is its description.
file(READ ${CONFIG} text)
string(REPLACE "\\" "\\e" text "${text}")
string(REPLACE "-" "\\-" text "${text}")
string(REPLACE "'" "\\(aq" text "${text}")
string(REPLACE "`" "\\(ga" text "${text}")
string(REPLACE "~" "\\(ti" text "${text}")
string(REPLACE "^" "\\(ha" text "${text}")
file(WRITE ${OUT} ".TH PTAHD.YAML 5 \"\" \"ptah ${VERSION}\" Ptah
.SH NAME
ptahd.yaml \\- configuration of the daemon of Ptah
.SH DESCRIPTION
.BR ptahd (8)
reads the file that \\fB\\-\\-config\\fR names: a map of fields in YAML, of which none is needed.
An unknown field or a value of another kind is an error that names file, line and what is allowed, and nothing is served.
With SIGHUP the file is read again.
.SH FIELDS
The file that comes along has all of them, with their defaults:
.PP
.ad l
.nf
${text}.fi
.SH FILES
.TP
\\fB/etc/ptah/ptahd.yaml\\fR
What the system's daemon reads.
.SH \"SEE ALSO\"
.BR ptahd (8)
")
