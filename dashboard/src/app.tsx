/** Who sees what: the sign-in form, or the control room with one page. Pages are loaded when first opened. */
import { lazy, Suspense } from "react";
import { Route, Switch } from "wouter";
import { useSession } from "./api/session.ts";
import { Loading, Panel } from "./components/panel.tsx";
import { Shell } from "./components/shell.tsx";
import { SessionExpired, SignIn } from "./components/sign-in.tsx";
import { HomePage } from "./pages/home/home-page.tsx";
import { NotFoundPage } from "./pages/not-found-page.tsx";

const MarketPage = lazy(() => import("./pages/market/market-page.tsx"));
const OrdersPage = lazy(() => import("./pages/orders/orders-page.tsx"));
const PositionsPage = lazy(() => import("./pages/positions/positions-page.tsx"));
const RiskPage = lazy(() => import("./pages/risk/risk-page.tsx"));
const SystemPage = lazy(() => import("./pages/system/system-page.tsx"));

export function App() {
  const { state } = useSession();
  if (state === "refused") return <SignIn />;
  if (state === "expired") return <SessionExpired />;
  return (
    <Shell>
      <Suspense
        fallback={
          <Panel title="Loading">
            <Loading rows={8} />
          </Panel>
        }
      >
        <Switch>
          <Route path="/" component={HomePage} />
          <Route path="/market/*?" component={MarketPage} />
          <Route path="/orders/:tab?" component={OrdersPage} />
          <Route path="/positions" component={PositionsPage} />
          <Route path="/risk" component={RiskPage} />
          <Route path="/system/:tab?" component={SystemPage} />
          <Route component={NotFoundPage} />
        </Switch>
      </Suspense>
    </Shell>
  );
}
