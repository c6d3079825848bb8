/** {@code GET /api/v1/nics/{mac}/capture}: frames of one NIC as pcapng, a thread for each capture. */
package io.tapwright.agent.capture;
