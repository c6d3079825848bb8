/** Frames where they lie, the header that travels with them, and what has to be done to one that a receiver can't take as it is. */
package io.tapwright.vswitch.frame;
