/** Whether the agent does its work: for {@code /q/health} and for systemd's watchdog. */
package io.tapwright.agent.health;
