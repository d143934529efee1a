# SPDX-License-Identifier: BSD-3-Clause
#
# A filter for Markdown that becomes man pages, which Doxygen gives no tables: each table is set as plain text
# in columns, a cell in as many lines as it needs.

BEGIN {
    room = 72
    gap = "   "
}

# A cell without the marks that only Markdown and Doxygen understand.
function plain(text) {
    gsub(/`|\*\*/, "", text)
    gsub(/@ref /, "", text)
    gsub(/#HENCE/, "HENCE", text)
    gsub(/^[ \t]+|[ \t]+$/, "", text)
    return text
}

function set_widths(row, column, i, count, words, total, widest) {
    for (column = 1; column <= columns; column++) {
        width[column] = least[column] = 1
        for (row = 1; row <= rows; row++) {
            if (length(cell[row, column]) > width[column])
                width[column] = length(cell[row, column])
            count = split(cell[row, column], words, " ")
            for (i = 1; i <= count; i++)
                if (length(words[i]) + 2 > least[column])
                    least[column] = length(words[i]) + 2
        }
        if (least[column] > width[column])
            least[column] = width[column]
        total += width[column] + (column > 1 ? length(gap) : 0)
    }
    while (total > room) {
        widest = 0
        for (column = 1; column <= columns; column++)
            if (width[column] > least[column] && (!widest || width[column] > width[widest]))
                widest = column
        if (!widest)
            return
        width[widest]--
        total--
    }
}

# Cuts a cell into lines, the further ones a little to the right, and gives their number.
function fold(row, column, i, count, words, lines) {
    count = split(cell[row, column], words, " ")
    lines = 1
    line[column, 1] = words[1]
    for (i = 2; i <= count; i++) {
        if (length(line[column, lines]) + 1 + length(words[i]) <= width[column])
            line[column, lines] = line[column, lines] " " words[i]
        else
            line[column, ++lines] = "  " words[i]
    }
    return lines
}

function print_row(row, column, i, lines, most, text) {
    for (column = 1; column <= columns; column++) {
        lines[column] = fold(row, column)
        if (lines[column] > most)
            most = lines[column]
    }
    for (i = 1; i <= most; i++) {
        text = ""
        for (column = 1; column <= columns; column++)
            text = text (column > 1 ? gap : "") \
                sprintf("%-" width[column] "s", i <= lines[column] ? line[column, i] : "")
        sub(/ +$/, "", text)
        print text
    }
}

function print_table(row) {
    set_widths()
    print "@verbatim"
    for (row = 1; row <= rows; row++)
        print_row(row)
    print "@endverbatim"
    rows = 0
}

/^\|[-| :]+$/ {
    next
}
/^\|/ {
    sub(/\|[ \t]*$/, "")
    columns = split(substr($0, 2), cells, "|")
    rows++
    empty = 1
    for (i = 1; i <= columns; i++) {
        cell[rows, i] = plain(cells[i])
        if (cell[rows, i] != "")
            empty = 0
    }
    if (empty)
        rows--
    next
}
rows {
    print_table()
}
{
    print
}
END {
    if (rows)
        print_table()
}
