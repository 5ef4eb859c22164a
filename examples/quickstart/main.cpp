#include <iostream>

#include <lowtide/balance.hpp>
#include <lowtide/key.hpp>

using namespace lowtide;

int main() {
  Alert alert;  // 64 bytes of plain value; alert.encode() gives the bytes to store
  alert = decide(alert, Enable{Threshold::parse("1000").value(),
                               Instant::parse("2026-03-01T00:00:00Z").value()})
              .alert;
  for (const char* cash : {"1200", "999.999999999999999999"}) {
    const Amount credit =
        available_credit(Balance{Amount::parse(cash).value(), {}, {}, {}, {}}).value();
    const Decision decision =
        decide(alert, Observation{credit, Instant::parse("2026-03-02T08:00:00Z").value()});
    alert = decision.alert;
    std::cout << cash << ": " << sentence(decision.why) << '\n';
    for (const Output& output : decision.outputs)
      std::cout << "  send " << output_key("acme", "low_balance", output).value() << '\n';
  }
  std::cout << "tick at " << to_text(alert.next_reminder_at().value()) << '\n';
}
