/** The agent's dealings with the process of the switch in user space, beyond the conversation itself. */
package io.tapwright.agent.userspace;
