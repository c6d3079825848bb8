/* What the programs of several files have in common. Needs _GNU_SOURCE. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Ends with 2, and with the program's name and this on stderr. */
__attribute__((format(printf, 1, 2))) _Noreturn static inline void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

/* The number that an argument of that name is; there is none but from least to most. */
static inline double number(const char *name, const char *value, double least, double most)
{
    char *end;
    double parsed = strtod(value, &end);
    if (!*value || *end || !(parsed >= least && parsed <= most))
        die("%s is %s: must be a number from %g to %g", name, value, least, most);
    return parsed;
}

#endif
