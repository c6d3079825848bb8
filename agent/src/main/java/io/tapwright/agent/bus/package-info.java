/** Status on the Vert.x event bus, and its JSON. */
package io.tapwright.agent.bus;
