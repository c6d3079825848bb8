/** The status API and the event bus over HTTP, on loopback. */
package io.tapwright.agent.http;
