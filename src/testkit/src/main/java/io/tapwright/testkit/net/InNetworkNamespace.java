package io.tapwright.testkit.net;

import java.lang.reflect.Method;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/**
 * Runs each test method, with its before and after methods, on the thread of a {@link NetworkNamespace} of its own,
 * which it can have as a parameter. Skips tests where the process may not make namespaces.
 */
public final class InNetworkNamespace
        implements BeforeEachCallback, AfterEachCallback, InvocationInterceptor, ParameterResolver {

    private static final ExtensionContext.Namespace STORE = ExtensionContext.Namespace.create(InNetworkNamespace.class);

    @Override
    public void beforeEach(ExtensionContext context) {
        Assumptions.assumeTrue(NetworkNamespace.isAvailable(),
                "needs root and /dev/net/tun to make network namespaces with taps");
        context.getStore(STORE).put(NetworkNamespace.class, NetworkNamespace.open());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        NetworkNamespace namespace = context.getStore(STORE).remove(NetworkNamespace.class, NetworkNamespace.class);
        if (namespace != null) {
            namespace.close();
        }
    }

    @Override
    public void interceptBeforeEachMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context) {
        inside(invocation, context);
    }

    @Override
    public void interceptTestMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context) {
        inside(invocation, context);
    }

    @Override
    public void interceptAfterEachMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context) {
        inside(invocation, context);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == NetworkNamespace.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getStore(STORE).get(NetworkNamespace.class);
    }

    private static void inside(Invocation<Void> invocation, ExtensionContext context) {
        context.getStore(STORE).get(NetworkNamespace.class, NetworkNamespace.class).run(() -> {
            try {
                return invocation.proceed();
            } catch (Exception | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        });
    }
}
