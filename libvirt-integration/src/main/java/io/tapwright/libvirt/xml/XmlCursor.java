package io.tapwright.libvirt.xml;

import static io.tapwright.libvirt.xml.DomainXmlException.quote;

import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import javax.xml.stream.Location;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * A walk over one document's elements, within {@link DomainXml}'s limits. Depth counts from 1, the root. One thread.
 *
 * <p>{@code while (cursor.nextChild(d))} visits the children of the element at depth {@code d} that the cursor stands in;
 * what a visit leaves unread is skipped. Events are pulled one at a time, so depth costs no stack.
 */
final class XmlCursor {

    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

    /** The JDK's own switch for DTDs (module java.xml, property jdk.xml.dtd.support): a DOCTYPE is an error. */
    private static final String JDK_DTD_SUPPORT = "jdk.xml.dtd.support";

    private static final XMLInputFactory FACTORY = factory();

    private final XMLStreamReader reader;
    private int depth;
    private int elements;

    private XmlCursor(XMLStreamReader reader) {
        this.reader = reader;
    }

    /** Runs {@code parse} over the document, then makes sure that the rest of it is well-formed too. */
    static <T> T read(byte[] xml, Function<XmlCursor, T> parse) {
        XmlCursor cursor = new XmlCursor(open(xml));
        T result = parse.apply(cursor);
        while (cursor.next() != XMLStreamConstants.END_DOCUMENT) {
            // Only the parser knows whether what follows is well-formed.
        }
        return result;
    }

    private static XMLStreamReader open(byte[] xml) {
        if (xml.length > DomainXml.MAX_BYTES) {
            throw new DomainXmlException(xml.length + " bytes: expected at most " + DomainXml.MAX_BYTES);
        }
        int start = startsWithByteOrderMark(xml) ? BYTE_ORDER_MARK.length : 0;
        Reader utf8 = new InputStreamReader(new ByteArrayInputStream(xml, start, xml.length - start),
                StandardCharsets.UTF_8.newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT));
        try {
            XMLStreamReader reader = reader(utf8);
            requireOwnDialect(reader);
            return reader;
        } catch (XMLStreamException | RuntimeException e) {
            throw malformed(e, null);
        }
    }

    /** A factory is not promised to be thread-safe, and costs more than many a document. */
    private static XMLStreamReader reader(Reader text) throws XMLStreamException {
        synchronized (FACTORY) {
            return FACTORY.createXMLStreamReader(text);
        }
    }

    private static XMLInputFactory factory() {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(JDK_DTD_SUPPORT, "deny");
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_COALESCING, false);
        return factory;
    }

    /** The bytes were decoded as UTF-8: a document that claims to be something else would be misread. */
    private static void requireOwnDialect(XMLStreamReader reader) {
        String encoding = reader.getCharacterEncodingScheme();
        if (encoding != null && !encoding.equalsIgnoreCase("UTF-8") && !encoding.equalsIgnoreCase("US-ASCII")) {
            throw new DomainXmlException("encoding " + quote(encoding) + ": expected UTF-8");
        }
        String version = reader.getVersion();
        if (version != null && !version.equals("1.0")) {
            throw new DomainXmlException("XML version " + quote(version) + ": expected 1.0");
        }
    }

    private static boolean startsWithByteOrderMark(byte[] xml) {
        return xml.length >= BYTE_ORDER_MARK.length
                && Arrays.equals(xml, 0, BYTE_ORDER_MARK.length, BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length);
    }

    void enterRoot(String name) {
        while (depth == 0) {
            next();
        }
        if (!plainName().equals(name)) {
            throw new DomainXmlException("root element " + describe() + ": expected <" + name + ">");
        }
    }

    /** Moves into the next child of the element at {@code parentDepth}; false once that element has ended. */
    boolean nextChild(int parentDepth) {
        while (depth >= parentDepth) {
            if (next() == XMLStreamConstants.START_ELEMENT && depth == parentDepth + 1) {
                return true;
            }
        }
        return false;
    }

    /** The current element's name where it has no namespace, which is libvirt's own vocabulary; else empty. */
    String plainName() {
        return reader.getNamespaceURI() == null ? reader.getLocalName() : "";
    }

    boolean isIn(String namespace) {
        return namespace.equals(reader.getNamespaceURI());
    }

    String localName() {
        return reader.getLocalName();
    }

    /** The current element as a message names it. */
    String describe() {
        String namespace = reader.getNamespaceURI();
        return quote("<" + reader.getLocalName() + ">") + (namespace == null ? "" : " of namespace " + quote(namespace));
    }

    /** An attribute of the current element, one without a namespace. */
    Optional<String> attribute(String name) {
        for (int i = 0; i < reader.getAttributeCount(); i++) {
            if (reader.getAttributeLocalName(i).equals(name) && reader.getAttributeNamespace(i) == null) {
                String value = reader.getAttributeValue(i);
                if (value.length() > DomainXml.MAX_TEXT) {
                    throw tooLong("attribute " + quote(name) + " of " + describe());
                }
                return Optional.of(value);
            }
        }
        return Optional.empty();
    }

    /** The text of the current element, which has no children; the cursor leaves the element. */
    String text() {
        String element = describe();
        int own = depth;
        StringBuilder text = new StringBuilder();
        while (true) {
            switch (next()) {
                case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA, XMLStreamConstants.SPACE -> {
                    if (text.length() + reader.getTextLength() > DomainXml.MAX_TEXT) {
                        throw tooLong("text of " + element);
                    }
                    text.append(reader.getTextCharacters(), reader.getTextStart(), reader.getTextLength());
                }
                case XMLStreamConstants.START_ELEMENT ->
                    throw new DomainXmlException(element + " contains " + describe() + ": expected text alone");
                case XMLStreamConstants.END_ELEMENT -> {
                    assert depth == own - 1;
                    return text.toString();
                }
                default -> {
                    // Comments and processing instructions do not belong to the text.
                }
            }
        }
    }

    private static DomainXmlException tooLong(String what) {
        return new DomainXmlException(what + ": longer than " + DomainXml.MAX_TEXT + " characters");
    }

    private int next() {
        int event;
        try {
            event = reader.next();
        } catch (XMLStreamException | RuntimeException e) {
            throw malformed(e, reader.getLocation());
        }
        switch (event) {
            case XMLStreamConstants.START_ELEMENT -> {
                if (++depth > DomainXml.MAX_DEPTH) {
                    throw new DomainXmlException("elements are nested deeper than " + DomainXml.MAX_DEPTH);
                }
                if (++elements > DomainXml.MAX_ELEMENTS) {
                    throw new DomainXmlException("more than " + DomainXml.MAX_ELEMENTS + " elements");
                }
            }
            case XMLStreamConstants.END_ELEMENT -> depth--;
            case XMLStreamConstants.DTD -> throw new DomainXmlException("a DOCTYPE is not allowed");
            case XMLStreamConstants.ENTITY_REFERENCE ->
                throw new DomainXmlException("entity " + quote("&" + reader.getLocalName() + ";") + " is not defined");
            default -> {
                // Text, comments and processing instructions change no position.
            }
        }
        return event;
    }

    /** The JDK's message is several lines and begins with a position; keeps what it says. */
    private static DomainXmlException malformed(Exception e, Location where) {
        if (e instanceof DomainXmlException already) {
            return already;
        }
        if (e instanceof XMLStreamException stream && stream.getNestedException() instanceof CharacterCodingException) {
            return new DomainXmlException("not UTF-8", e);
        }
        Location location = e instanceof XMLStreamException stream && stream.getLocation() != null
                ? stream.getLocation() : where;
        String text = String.valueOf(e.getMessage());
        String said = text.substring(text.lastIndexOf("Message: ") < 0 ? 0 : text.lastIndexOf("Message: ") + 9);
        String place = location == null ? ""
                : String.format(Locale.ROOT, " at line %d, column %d", location.getLineNumber(), location.getColumnNumber());
        return new DomainXmlException("not well-formed XML" + place + ": " + quote(said), e);
    }
}
