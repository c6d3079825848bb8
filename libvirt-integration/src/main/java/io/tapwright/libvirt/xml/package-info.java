/**
 * Reads libvirt's XML. {@link io.tapwright.libvirt.xml.DomainXml} turns a domain description, whoever sent it, into the
 * values the rest of Tapwright works with, or says in one line why not. Nothing in here knows org.libvirt, keeps state
 * or does I/O: any thread.
 */
package io.tapwright.libvirt.xml;
