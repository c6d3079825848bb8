/** The service manager's notification protocol (sd_notify(3)). */
package io.tapwright.agent.systemd;
