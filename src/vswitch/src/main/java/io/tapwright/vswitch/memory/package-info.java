/**
 * Raw memory: by address, as the rings lie in it; and a guest's memory, where every address is checked first. The lock of
 * what threads share there.
 */
package io.tapwright.vswitch.memory;
