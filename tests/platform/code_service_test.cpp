#include "code/bucket_folder.hpp"
#include "site_fixture.hpp"

#include <spdlog/sinks/null_sink.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

namespace json = boost::json;
namespace http = platform::http;
namespace code = platform::code;
using http::proto::verb;
using platform::wire::base64_encode;
using platform::wire::sha256;
using namespace std::chrono_literals;

namespace {

using platform::testing::functions_path;

std::string path_of(const std::string& name) { return functions_path + "/" + name; }

// An archive without files; the comment makes one differ from the other.
std::string zip(const std::string& comment) {
  const auto size = static_cast<char>(comment.size());
  return std::string{"PK\x05\x06"} + std::string(16, '\0') + size + '\0' + comment;
}

// A store whose disk can be full.
class full_store final : public code::code_store {
public:
  bool full = false;

  fsm::expected<void> put(const code::digest& name, std::string bytes) override {
    if (!full) return packages_->put(name, std::move(bytes));
    return fsm::unexpected({.code = fsm::errc::internal, .message = "there is no room"});
  }
  fsm::expected<std::string> get(const code::digest& name) const override {
    return packages_->get(name);
  }
  bool contains(const code::digest& name) const override { return packages_->contains(name); }
  fsm::expected<void> remove(const code::digest& name) override { return packages_->remove(name); }
  fsm::expected<std::vector<code::digest>> list() const override { return packages_->list(); }
  fsm::expected<void> copy_to(const std::string& name) const override {
    return packages_->copy_to(name);
  }

private:
  const std::unique_ptr<code_store> packages_ = code::make_memory_code_store();
};

// A platform whose packages can be looked at.
struct site_under_test : platform::testing::site_under_test {
  using answer = platform::testing::answer;

  full_store* store;  // The keeper's.

  explicit site_under_test(std::uint64_t bytes_max = 1'000'000)
      : site_under_test{bytes_max, new full_store} {}

  answer ask(verb method, const std::string& target, const json::object& body = {}) {
    return send(make_request(method, target, body.empty() ? "" : json::serialize(body),
                             "platform.test:81"));
  }

  answer create(const std::string& name, json::object from, json::object more = {}) {
    more["FunctionName"] = name;
    more["Code"] = std::move(from);
    return ask(verb::post, functions_path, creation(std::move(more)));
  }

  answer create(const std::string& name, const std::string& package) {
    return create(name, json::object{{"ZipFile", base64_encode(package)}});
  }

  void create_active(const std::string& name, const std::string& package) {
    REQUIRE(create(name, package).status == 201);
    clock->advance(1s);
  }

  answer update(const std::string& name, const json::object& body) {
    return ask(verb::put, path_of(name) + "/code", body);
  }

  answer update(const std::string& name, const std::string& package) {
    return update(name, json::object{{"ZipFile", base64_encode(package)}});
  }

  // The target of the link that GetFunction gives.
  std::string link(const std::string& name) {
    const auto shown = ask(verb::get, path_of(name));
    REQUIRE(shown.status == 200);
    const std::string location = shown.body.at("Code").at("Location").get_string().c_str();
    const std::string head = "http://platform.test:81";
    REQUIRE(location.starts_with(head + "/_fsm/code/"));
    return location.substr(head.size());
  }

  bool keeps(const std::string& package) {
    REQUIRE(keeper.settle(30s));
    return store->contains(sha256(package));
  }

private:
  site_under_test(std::uint64_t bytes_max, full_store* packages)
      : platform::testing::site_under_test{platform::testing::site_options{
            .packages = std::unique_ptr<code::code_store>{packages},
            .keeper = {.bytes_max = bytes_max, .pause = 0ms}}},
        store{packages} {}
};

}  // namespace

TEST_CASE("the package of a function is kept, and served to who has the link") {
  site_under_test s;
  s.create_active("f", zip("one"));
  const auto got = s.ask(verb::get, s.link("f"));
  CHECK(got.status == 200);
  CHECK(got.raw.body() == zip("one"));
  CHECK(got.raw[http::proto::field::content_type] == "application/zip");
  CHECK(s.keeper.total_bytes() == zip("one").size());
}

TEST_CASE("a link that was changed or is too old is refused, and one to nothing is not found") {
  site_under_test s;
  s.create_active("f", zip("one"));
  const auto link = s.link("f");
  auto longer = link;
  longer.replace(longer.find("expires=") + 8, 1, "9");
  auto other = link;
  auto& digit = other[std::string{"/_fsm/code/"}.size()];
  digit = digit == '0' ? '1' : '0';
  for (const auto& bad : {longer, other, link.substr(0, link.find('?')), link + "0",
                          std::string{"/_fsm/code/x?expires=1&signature=1"}}) {
    CAPTURE(bad);
    CHECK(s.ask(verb::get, bad).status == 403);
  }
  s.clock->advance(9min + 59s);
  CHECK(s.ask(verb::get, link).status == 200);
  s.clock->advance(1s);
  CHECK(s.ask(verb::get, link).status == 403);
  const auto last = s.link("f");
  REQUIRE(s.ask(verb::delete_, path_of("f")).status == 204);
  CHECK_FALSE(s.keeps(zip("one")));
  CHECK(s.ask(verb::get, last).status == 404);
}

TEST_CASE("a package stays until its last function has gone") {
  site_under_test s;
  s.create_active("f", zip("one"));
  s.create_active("g", zip("one"));
  REQUIRE(s.ask(verb::delete_, path_of("f")).status == 204);
  CHECK(s.keeps(zip("one")));
  REQUIRE(s.ask(verb::delete_, path_of("g")).status == 204);
  CHECK_FALSE(s.keeps(zip("one")));
  CHECK(s.keeper.total_bytes() == 0);
}

TEST_CASE("an update has both packages, and in the end one") {
  site_under_test s;
  s.create_active("f", zip("old"));
  const auto updated = s.update("f", zip("new"));
  REQUIRE(updated.status == 200);
  CHECK(updated.text("CodeSha256") == base64_encode(sha256(zip("new"))));
  CHECK(s.keeps(zip("old")));
  CHECK(s.ask(verb::get, s.link("f")).raw.body() == zip("new"));
  s.clock->advance(1s);
  CHECK_FALSE(s.keeps(zip("old")));
  CHECK(s.keeps(zip("new")));
}

TEST_CASE("a failed update goes back to the old package, and the new one goes") {
  site_under_test s;
  REQUIRE(s.create("f", {{"ZipFile", base64_encode(zip("old"))}},
                   {{"VpcConfig", {{"SubnetIds", {"subnet-1"}}}}})
              .status == 201);
  s.clock->advance(1s);
  REQUIRE(s.update("f", zip("new")).status == 200);
  REQUIRE(s.world->replace(R"({"vpc": {}})"));
  s.clock->advance(1s);
  CHECK(s.ask(verb::get, path_of("f") + "/configuration").text("LastUpdateStatus") == "Failed");
  CHECK_FALSE(s.keeps(zip("new")));
  CHECK(s.ask(verb::get, s.link("f")).raw.body() == zip("old"));
}

TEST_CASE("an update of the settings keeps the package") {
  site_under_test s;
  s.create_active("f", zip("one"));
  REQUIRE(s.ask(verb::put, path_of("f") + "/configuration", {{"Timeout", 9}}).status == 200);
  s.clock->advance(1s);
  CHECK(s.keeps(zip("one")));
  CHECK(s.ask(verb::get, s.link("f")).status == 200);
}

TEST_CASE("what is refused leaves no package behind") {
  site_under_test s;
  s.create_active("f", zip("one"));
  CHECK(s.create("f", zip("two")).status == 409);
  CHECK(s.update("nobody", zip("two")).status == 404);
  REQUIRE(s.update("f", zip("three")).status == 200);
  CHECK(s.update("f", zip("two")).status == 409);
  CHECK_FALSE(s.keeps(zip("two")));
  CHECK(s.keeps(zip("one")));
}

TEST_CASE("a dry run checks the code and stores nothing") {
  site_under_test s;
  s.create_active("f", zip("one"));
  const json::object good{{"ZipFile", base64_encode(zip("two"))}, {"DryRun", true}};
  const auto dry = s.update("f", good);
  CHECK(dry.status == 200);
  CHECK(dry.text("CodeSha256") == base64_encode(sha256(zip("two"))));
  CHECK_FALSE(s.keeps(zip("two")));
  CHECK(s.update("f", {{"ZipFile", "bm90IGEgemlw"}, {"DryRun", true}}).message() ==
        "Could not unzip uploaded file. Please check your file, then try to upload again.");
  CHECK(s.ask(verb::get, s.link("f")).raw.body() == zip("one"));
}

TEST_CASE("functions that others put into the runtime are looked up before anything is removed") {
  site_under_test s;
  s.create_active("f", zip("one"));
  const auto document = s.functions.get("f")->document;
  bool done = false;
  s.functions.create({.name = "f-1", .document = document, .tenant = {}, .idle_after = {}},
                     [&](const fsm::expected<fsm::function_view>& made) { done = bool(made); });
  s.functions.settle();
  REQUIRE(done);
  REQUIRE(s.ask(verb::delete_, path_of("f")).status == 204);
  CHECK(s.keeps(zip("one")));
  CHECK(s.keeper.total_bytes() == zip("one").size());
  REQUIRE(s.ask(verb::delete_, path_of("f-1")).status == 204);
  CHECK_FALSE(s.keeps(zip("one")));
}

TEST_CASE("functions of an earlier life keep their packages, and what nobody uses goes") {
  const auto clock = std::make_shared<fsm::manual_clock>();
  fsm::options how;
  how.clock = clock;
  how.provider = std::make_shared<platform::world>(platform::world_settings{}, clock);
  how.threads = 1;
  fsm::runtime functions{how};
  auto store = std::make_unique<full_store>();
  auto* packages = store.get();
  for (int i = 0; i < 250; ++i) {
    const auto package = zip(std::to_string(i));
    REQUIRE(packages->put(sha256(package), package));
    if (i % 2 == 1) continue;
    const json::object document{{"CodeSize", package.size()},
                                {"CodeSha256", base64_encode(sha256(package))}};
    REQUIRE(functions.create({.name = "f" + std::to_string(i),
                              .document = json::serialize(document),
                              .tenant = {},
                              .idle_after = {}}));
  }
  clock->advance(1s);
  const auto log =
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>());
  code::code_keeper keeper{functions, std::move(store), {.pause = 0ms}, log};
  REQUIRE(keeper.settle(30s));
  CHECK(packages->list()->size() == 125);
  CHECK(packages->contains(sha256(zip("248"))));
  CHECK_FALSE(packages->contains(sha256(zip("249"))));
}

TEST_CASE("more code than the account may have is refused") {
  site_under_test s{zip("one").size() * 2};
  s.create_active("f", zip("one"));
  s.create_active("g", zip("one"));
  const auto refused = s.create("h", zip("one"));
  CHECK(refused.status == 400);
  CHECK(refused.error == "CodeStorageExceededException");
  CHECK(refused.message() == "Code storage limit exceeded.");
  CHECK(s.update("f", {{"ZipFile", base64_encode(zip("two"))}, {"DryRun", true}}).error ==
        "CodeStorageExceededException");
  REQUIRE(s.ask(verb::delete_, path_of("g")).status == 204);
  CHECK(s.create("h", zip("two")).status == 201);
}

TEST_CASE("a full disk refuses code with a modelled error, and changes nothing") {
  site_under_test s;
  s.create_active("f", zip("one"));
  s.store->full = true;
  const auto refused = s.create("g", zip("two"));
  CHECK(refused.status == 500);
  CHECK(refused.error == "ServiceException");
  CHECK(refused.message() == "The code could not be stored: there is no room.");
  CHECK(s.update("f", zip("two")).status == 500);
  CHECK(s.ask(verb::get, path_of("g")).status == 404);
  CHECK(s.ask(verb::get, path_of("f") + "/configuration").text("LastUpdateStatus") == "Successful");
  s.store->full = false;
  CHECK(s.create("g", zip("two")).status == 201);
}

TEST_CASE("code comes from exactly one source, and one that goes with the package type") {
  site_under_test s;
  const auto file = base64_encode(zip("one"));
  const auto message = [&](json::object from, const char* type = "Zip") {
    return s.create("f", std::move(from), {{"PackageType", type}}).message();
  };
  CHECK(message({}) == "Please provide a source for function code.");
  CHECK(message({{"ZipFile", file}, {"S3Bucket", "bucket"}, {"S3Key", "k"}}) ==
        "Please do not provide other FunctionCode parameters when providing a ZipFile.");
  CHECK(message({{"S3Bucket", "bucket"}}) == "Please provide both S3Bucket and S3Key.");
  CHECK(message({{"ZipFile", file}, {"ImageUri", "app"}}) ==
        "Please don't provide ImageUri when updating a function with packageType Zip.");
  CHECK(message({{"ImageUri", "app"}, {"ZipFile", file}}, "Image")
            .starts_with("Please don't provide ZipFile or S3 parameters"));
  CHECK(message({{"ZipFile", 1}}) ==
        "NUMBER_VALUE can not be converted to a String at 'code.zipFile'");
  CHECK(s.functions.size() == 0);
}

TEST_CASE("an image reference has to look like one") {
  site_under_test s;
  const auto create = [&](const std::string& image) {
    return s.create("f", {{"ImageUri", image}}, {{"PackageType", "Image"}});
  };
  for (const char* bad : {"", "a b", "Upper/case", "app:", "app@sha256:12", "host:port/app",
                          "https://host/app", "a//b", "app:-tag"}) {
    CAPTURE(bad);
    const auto refused = create(bad);
    CHECK(refused.error == "ValidationException");
    CHECK(refused.message().find("at 'code.imageUri'") != std::string::npos);
  }
  const std::string digest(64, 'a');
  for (const auto& good :
       {std::string{"app"}, std::string{"123.dkr.ecr.us-east-1.amazonaws.com/team/app:V1.2"},
        "localhost:5000/app@sha256:" + digest}) {
    CAPTURE(good);
    CHECK(create(good).status == 201);
    REQUIRE(s.ask(verb::delete_, path_of("f")).status == 204);
  }
}

TEST_CASE("code comes from a bucket that is a folder") {
  site_under_test s;
  std::string name = (std::filesystem::temp_directory_path() / "fsm-s3-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  std::filesystem::create_directories(name + "/bucket/a");
  std::ofstream{name + "/bucket/a/b.zip", std::ios::binary} << zip("one");
  const auto buckets = code::bucket_folder::open(name);
  REQUIRE(buckets);
  s.site.buckets = &*buckets;
  const auto object = [](const char* bucket, const char* key) {
    return json::object{{"S3Bucket", bucket}, {"S3Key", key}};
  };
  const std::string head = "Error occurred while GetObject. S3 Error Code: ";
  CHECK(s.create("f", object("none", "a/b.zip")).message() ==
        head + "NoSuchBucket. S3 Error Message: The specified bucket does not exist");
  CHECK(s.create("f", object("bucket", "a/../a/b.zip")).message() ==
        head + "NoSuchKey. S3 Error Message: The specified key does not exist.");
  auto versioned = object("bucket", "a/b.zip");
  versioned["S3ObjectVersion"] = "7";
  CHECK(s.create("f", versioned).message().starts_with(head + "NoSuchVersion."));
  REQUIRE(s.create("f", object("bucket", "a/b.zip")).status == 201);
  CHECK(s.ask(verb::get, s.link("f")).raw.body() == zip("one"));
  s.clock->advance(1s);
  std::ofstream{name + "/bucket/a/b.zip", std::ios::binary} << zip("two");
  REQUIRE(s.update("f", object("bucket", "a/b.zip")).status == 200);
  CHECK(s.ask(verb::get, s.link("f")).raw.body() == zip("two"));
  std::filesystem::remove_all(name);
}

TEST_CASE("the key of a package is shown with the code, and goes with it") {
  site_under_test s;
  const std::string key = "arn:aws:kms:us-east-1:000000000000:key/1";
  REQUIRE(
      s.create("f", {{"ZipFile", base64_encode(zip("one"))}, {"SourceKMSKeyArn", key}}).status ==
      201);
  s.clock->advance(1s);
  CHECK(s.ask(verb::get, path_of("f")).body.at("Code").at("SourceKMSKeyArn") == json::value(key));
  REQUIRE(s.update("f", {{"ZipFile", base64_encode(zip("two"))}, {"Architectures", {"arm64"}}})
              .text("LastUpdateStatus") == "InProgress");
  const auto shown = s.ask(verb::get, path_of("f"));
  CHECK_FALSE(shown.body.at("Code").as_object().contains("SourceKMSKeyArn"));
  CHECK(shown.body.at("Configuration").at("Architectures") == json::array{"arm64"});
}
