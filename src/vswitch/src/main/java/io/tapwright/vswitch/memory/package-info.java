/** Raw memory: by address, as the rings lie in it; and a guest's memory, where every address is checked first. */
package io.tapwright.vswitch.memory;
