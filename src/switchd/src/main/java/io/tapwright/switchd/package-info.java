/** The program {@code tapwright-switch}: the switch, and the socket on which an agent says what it is to have. */
package io.tapwright.switchd;
