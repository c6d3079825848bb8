# Reads surefire's and failsafe's TEST-*.xml; prints per kind (unit, integration, end-to-end) one line
#   KIND <tab> passed <tab> failed <tab> skipped
# and for each test that did not pass one line
#   FAILED|SKIPPED <tab> class.method <tab> reason
# The kind is the class's name: *IT is an integration test, *E2E an end-to-end test, everything else a unit test.
BEGIN {
    RS = "<"
    split("unit integration end-to-end", kinds, " ")
}

function attribute(name,    at, rest) {
    at = index($0, " " name "=\"")
    if (at == 0) return ""
    rest = substr($0, at + length(name) + 3)
    return substr(rest, 1, index(rest, "\"") - 1)
}

function plain(text) {
    gsub(/&#10;|&#xa;/, " ", text)
    gsub(/&quot;/, "\"", text)
    gsub(/&apos;/, "'", text)
    gsub(/&lt;/, "<", text)
    gsub(/&gt;/, ">", text)
    gsub(/&amp;/, "\\&", text)
    gsub(/[[:space:]]+/, " ", text)
    return text
}

# What the element's text begins with, where it has no message: the first line of a
# stack trace, without the class of what was thrown where more follows.
function first_line(text) {
    sub(/^[[:space:]]+/, "", text)
    sub(/(]]>|[\r\n]).*/, "", text)
    sub(/^([A-Za-z0-9_$]+\.)+[A-Za-z0-9_$]+: /, "", text)
    return text
}

# The message of the element that begins here. Surefire gives a test that was given up in its middle none, but a text.
function message(    end) {
    end = index($0, ">")
    untold = attribute("message") == ""
    return untold ? plain(first_line(substr($0, end + 1))) : plain(attribute("message"))
}

function finish() {
    if (test == "") return
    count[kind, outcome]++
    if (outcome == "failed") print "FAILED\t" test "\t" reason
    if (outcome == "skipped") print "SKIPPED\t" test "\t" reason
    test = ""
}

# What a test printed may look like XML.
/^!\[CDATA\[/ {
    printed = 1
    if (untold && reason == "") reason = first_line(substr($0, length("![CDATA[") + 1))
}
# A text follows its element, with nothing in between.
{ untold = 0 }
printed {
    if (index($0, "]]>")) printed = 0
    next
}

/^testcase[ \t]/ {
    finish()
    class = attribute("classname")
    test = class "." plain(attribute("name"))
    # A nested class is what the class around it is.
    sub(/\$.*/, "", class)
    kind = class ~ /IT$/ ? "integration" : class ~ /E2E$/ ? "end-to-end" : "unit"
    outcome = "passed"
    reason = ""
}

/^skipped/ { outcome = "skipped"; reason = message() }

# A test that failed and was tried again has rerunFailure or flakyFailure elements: these start otherwise.
/^(failure|error)[ \t>]/ { outcome = "failed"; reason = message() }

/^\/testsuite>/ { finish() }

END {
    finish()
    for (i = 1; i <= 3; i++)
        printf "%s\t%d\t%d\t%d\n", kinds[i], count[kinds[i], "passed"], count[kinds[i], "failed"], count[kinds[i], "skipped"]
}
