/** What is printed, and how. Any thread. */
package io.tapwright.agent.log;
